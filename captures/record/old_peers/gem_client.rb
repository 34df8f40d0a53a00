# A client on the `websocket` gem, for every draft it knows:
#   gem_client.rb PORT PATH VERSION STEP...     (VERSION as the gem counts: 75, 76, 1 ... 13)
# Steps: text:T  burst:A|B|C (one write)  ping:T  wait:S  close[:CODE:REASON]  close_at:EPOCH
#        burst_close:A|B (one write)  close_split:S (two writes)  expect:N (N texts)  await_close
#        answer[:CODE:REASON]  await_eof  fin  rst  server:SIGNAL
# MOOD in the environment: "lenient" goes on after a wrong answer to the challenge, "refusal" expects to give up.
# The gem speaks the protocol; when to answer a close and when to hang up are the steps' business.
# Events on stdout, one JSON line each.
require_relative "peer_log"
require "socket"
require "websocket"

class Client
  PATIENCE = 70

  def initialize(port, path, version)
    # The gem knows the handshake of drafts 01 and 02, but frames only from 03 on (they are the same).
    @version = [1, 2].include?(version) ? 3 : version
    @socket = TCPSocket.new("127.0.0.1", port)
    @socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    @frames = WebSocket::Frame::Incoming::Client.new(version: @version)
    @queue = []
    @eof = false
    open(port, path, version)
  end

  def step(step)
    name, argument = step.split(":", 2)
    send(name, *(argument ? [argument] : []))
  end

  private

  def say(event, **facts) = PeerLog.say("client", event, **facts)

  def open(port, path, version)
    url = "ws://127.0.0.1:#{port}#{path}"
    headers = version < 4 || version > 13 ? { "Origin" => "http://127.0.0.1" } : {}
    handshake = WebSocket::Handshake::Client.new(url: url, version: version, headers: headers)
    @socket.write(handshake.to_s)
    handshake << answer_head(version)
    client_port = @socket.local_address.ip_port
    unless handshake.valid?
      answer = @head.lines.first.strip
      say("refused", client_port: client_port, error: handshake.error, answer: answer)
      exit(ENV["MOOD"] == "refusal" ? 0 : 3) unless ENV["MOOD"] == "lenient"
    end
    say("open", client_port: client_port, status: 101)
  end

  # The gem wants the whole answer at once; 16 bytes follow the headers up to draft 03.
  def answer_head(version)
    tail = version == 76 || version < 4 ? 16 : 0
    @head = +"".b
    until (past = @head.index("\r\n\r\n")) && @head.bytesize >= past + 4 + tail
      @head << @socket.readpartial(4096)
      break unless @head.start_with?("HTTP/1.1 101")
    end
    @head
  end

  def outgoing(type, data = "", code = nil)
    facts = { version: @version, type: type, data: data }
    facts[:code] = code if code
    WebSocket::Frame::Outgoing::Client.new(**facts).to_s
  end

  def text(text)
    @socket.write(outgoing(:text, text))
    say("sent", text: text)
  end

  def burst(texts)
    parts = texts.split("|", -1)
    @socket.write(parts.map { |part| outgoing(:text, part) }.join)
    say("sent", texts: parts)
  end

  def ping(text)
    @socket.write(outgoing(:ping, text))
    say("sent", frame: "ping", data: text)
  end

  def wait(seconds) = sleep(seconds.to_f)

  def close(argument = nil)
    code, reason = argument&.split(":", 2)
    @socket.write(outgoing(:close, reason.to_s, code&.to_i))
    # Draft 07 and later: the gem writes 1000 where no code is given.
    code = 1000 if code.nil? && @version >= 7 && @version <= 13
    say("sent_close", code: code&.to_i, reason: reason.to_s)
  end
  alias answer close

  # Texts and the close frame behind them in one write.
  def burst_close(texts)
    parts = texts.split("|", -1)
    @socket.write(parts.map { |part| outgoing(:text, part) }.join + outgoing(:close))
    say("sent", texts: parts)
    say("sent_close", code: nil, reason: "")
  end

  # The close frame in two segments.
  def close_split(seconds)
    frame = outgoing(:close)
    @socket.write(frame[0])
    sleep(seconds.to_f)
    @socket.write(frame[1..])
    say("sent_close", code: nil, reason: "")
  end

  def close_at(epoch)
    sleep(epoch.to_f - Time.now.to_f)
    close
  end

  def expect(count) = count.to_i.times { await(:text) }

  def await_close = await(:close)

  def await_eof
    pull until @eof
  end

  def await(type)
    deadline = Time.now + PATIENCE
    loop do
      found = @queue.index { |frame| frame.type == type }
      return @queue.delete_at(found) if found
      raise "no #{type} came" if @eof || Time.now > deadline

      pull
    end
  end

  def pull
    return say("timeout") && @eof = true unless @socket.wait_readable(PATIENCE)

    @frames << @socket.readpartial(65_536)
    while (frame = @frames.next)
      heard(frame)
    end
  rescue EOFError
    @eof = true
    say("end of stream read")
  rescue SystemCallError => e
    @eof = true
    say("error", text: e.message)
  end

  def heard(frame)
    @queue << frame
    case frame.type
    when :close then say("received_close", code: frame.code, reason: PeerLog.readable(frame.data))
    when :text then say("received", text: PeerLog.readable(frame.data))
    else
      say("received", frame: frame.type, data: PeerLog.readable(frame.data))
      @socket.write(outgoing(:pong, frame.data.to_s)) if frame.type == :ping
    end
  end

  def fin
    @socket.close
    say("socket closed")
  end

  def rst
    @socket.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
    @socket.close
    say("socket closed with SO_LINGER 0")
  end

  # Staging: stop (STOP) or kill (KILL) the server's process.
  def server(signal)
    Process.kill(signal, ENV.fetch("SERVER_PID").to_i)
    say("server process was sent SIG#{signal}")
  end
end

port, path, version, *steps = ARGV
client = Client.new(port.to_i, path, version.to_i)
steps.each { |step| client.step(step) }
