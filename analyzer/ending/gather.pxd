cimport cython

from analyzer.ending.facts cimport Facts, SideFacts
from analyzer.stream.bytestream cimport ByteStream
from analyzer.stream.tcpstream cimport TcpStream
from analyzer.websocket.log cimport FrameLog, SideLog

cpdef Facts gather(TcpStream stream, FrameLog log, handshake)
cdef _reused_by(TcpStream stream)
@cython.locals(sent=ByteStream, own=SideLog, facts=SideFacts, answers=cython.bint, closing=cython.bint, behind="long long")
cdef SideFacts _side_facts(TcpStream stream, FrameLog log, int side)
@cython.locals(facts=SideFacts)
cdef SideFacts _tcp_facts(ByteStream sent)
