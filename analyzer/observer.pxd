from analyzer.ending.facts cimport Facts
from analyzer.http.handshake cimport OpeningHandshake
from analyzer.stream.tcpstream cimport TcpStream
from analyzer.websocket.log cimport FrameLog
