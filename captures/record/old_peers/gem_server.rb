# A server on the `websocket` gem, for one connection: gem_server.rb PORT
# It echoes texts and answers a close; "please close" makes it close first. Here for draft 04, which no other
# server at hand speaks. Events on stdout, one JSON line each.
require_relative "peer_log"
require "socket"
require "websocket"

def say(event, **facts) = PeerLog.say("server", event, **facts)

def write(socket, version, type, data = "")
  socket.write(WebSocket::Frame::Outgoing::Server.new(version: version, type: type, data: data).to_s)
  say("sent_close", code: nil, reason: PeerLog.readable(data)) if type == :close
end

def open_connection(socket)
  handshake = WebSocket::Handshake::Server.new
  handshake << socket.readpartial(4096) until handshake.finished?
  raise "handshake: #{handshake.error}" unless handshake.valid?

  socket.write(handshake.to_s)
  say("open", path: handshake.path, version: handshake.version, client_port: socket.remote_address.ip_port)
  handshake.version
end

def each_frame(socket, version)
  frames = WebSocket::Frame::Incoming::Server.new(version: version)
  loop do
    frames << socket.readpartial(65_536)
    while (frame = frames.next)
      yield frame
    end
  end
rescue EOFError, SystemCallError => e
  say("end of stream read", text: e.message)
end

def serve(socket)
  version = open_connection(socket)
  closing = false
  each_frame(socket, version) do |frame|
    if frame.type == :close
      say("received_close", code: nil, reason: PeerLog.readable(frame.data))
      write(socket, version, :close, frame.data.to_s) unless closing
      break socket.close
    end
    say("received", text: PeerLog.readable(frame.data))
    closing = frame.data == "please close"
    closing ? write(socket, version, :close) : write(socket, version, :text, frame.data.to_s)
  end
end

port = ARGV[0].to_i
server = TCPServer.new("127.0.0.1", port)
say("listening", port: port)
serve(server.accept)
sleep
