# One JSON line per event on stdout: what a Ruby peer did and saw.
require "json"

module PeerLog
  def self.say(who, event, **facts)
    line = { at: Time.now.strftime("%H:%M:%S.%L"), who: who, event: event }
    $stdout.puts(JSON.generate(line.merge(facts)))
    $stdout.flush
  end

  # A text or a byte string as JSON can carry it.
  def self.readable(bytes)
    text = bytes.to_s.dup.force_encoding("UTF-8")
    text.valid_encoding? ? text : text.b.unpack1("H*")
  end
end
