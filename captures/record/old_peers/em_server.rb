# A server on em-websocket, for every framing it knows: em_server.rb PORT [CLOSE_TIMEOUT]
# It echoes texts; a text that begins with "please" asks it to do something (see `obey`).
# Events on stdout, one JSON line each; the close frames are logged where em-websocket writes and reads them.
require_relative "peer_log"
require "em-websocket"

def say(event, **facts) = PeerLog.say("server", event, **facts)

def close_facts(handler, data)
  bytes = data.to_s.b
  coded = handler.supports_close_codes? && bytes.bytesize >= 2
  return { code: bytes.unpack1("n"), reason: PeerLog.readable(bytes[2..]) } if coded

  { code: nil, reason: PeerLog.readable(bytes) }
end

# Drafts 01 to 13: every frame goes through send_frame and message.
module LoggedFrames
  def send_frame(type, data)
    say("sent_close", **close_facts(self, data)) if type == :close
    super
  end

  def message(type, extension, data)
    say("received_close", **close_facts(self, data)) if type == :close
    say("received", frame: type, data: PeerLog.readable(data)) if %i[ping pong].include?(type)
    super
  end
end

# Hixie: the only FF 00 that em-websocket writes is its answer to one that it has just read.
module LoggedHixie
  def send_data(data)
    if data.b == "\xff\x00".b
      say("received_close", code: nil, reason: "")
      say("sent_close", code: nil, reason: "")
    end
    super
  end
end

module EventMachine::WebSocket
  [Handler03, Handler05, Handler06, Handler07, Handler08, Handler13].each do |handler|
    handler.prepend(LoggedFrames)
  end
  Connection.prepend(LoggedHixie)
end

def obey(socket, order)
  case order
  when /\Aplease close at ([\d.]+)\z/
    sleep_left = Regexp.last_match(1).to_f - Time.now.to_f
    EM.add_timer(sleep_left) { close(socket) }
  when /\Aplease close (\d+) (.*)\z/ then close(socket, Regexp.last_match(1).to_i, Regexp.last_match(2))
  when "please close" then close(socket)
  when "please burst" then ["eins", "", "zwei ÿ", "", "drei"].each { |text| socket.send(text.dup) }
  when "please ping" then socket.ping("are you there")
  end
end

def close(socket, *arguments)
  say("close() called", arguments: arguments)
  socket.close(*arguments)
end

def reported(event)
  code, reason, clean = event.values_at(:code, :reason, :was_clean)
  say("reported", code: code, reason: PeerLog.readable(reason), was_clean: clean)
end

port, close_timeout = ARGV[0].to_i, (ARGV[1] || 60).to_f
EM.run do
  EM::WebSocket.run(host: "127.0.0.1", port: port, close_timeout: close_timeout) do |socket|
    socket.onopen do |handshake|
      peer_port, = Socket.unpack_sockaddr_in(socket.get_peername)
      say("open", path: handshake.path, version: handshake.protocol_version, client_port: peer_port)
    end
    socket.onmessage do |text|
      say("received", text: text)
      text.start_with?("please") ? obey(socket, text) : socket.send(text)
    end
    socket.onclose { |event| reported(event) }
    socket.onerror { |error| say("error", text: error.message) }
  end
  say("listening", port: port)
end
