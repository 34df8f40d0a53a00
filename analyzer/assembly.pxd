cimport cython

from analyzer.ending.caveats cimport caveats
from analyzer.ending.facts cimport Facts, SideFacts
from analyzer.ending.rules cimport classify, first_fin, was_answered, was_clean, who_ended
from analyzer.ending.sentence cimport describe
from analyzer.ending.timing cimport steps
from analyzer.ending.views cimport view_of
from analyzer.http.handshake cimport OpeningHandshake
from analyzer.http.message cimport Head
from analyzer.stream.bytestream cimport ByteStream
from analyzer.stream.layer cimport Stack
from analyzer.stream.tcpstream cimport TcpStream
from analyzer.websocket.connection cimport WebSocketLayer
from analyzer.websocket.log cimport FrameLog, SideLog

@cython.locals(stream=TcpStream)
cpdef assemble(Stack stack, long long number, FrameLog log, OpeningHandshake handshake, Facts facts, str seen_from, tuple captures)
@cython.locals(stream=TcpStream)
cdef _ending(Stack stack, FrameLog log, handshake, Facts facts, timing)
cpdef framing_of(Stack stack, handshake)
cdef tuple _anomalies(Stack stack, FrameLog log)
@cython.locals(one=SideFacts, other=SideFacts)
cdef _tcp_end(Facts facts)
cpdef str seen_since(TcpStream stream)
@cython.locals(sent=ByteStream, own=SideLog)
cdef _traffic(TcpStream stream, FrameLog log, Facts facts, int side)
@cython.locals(request=Head, response=Head)
cpdef handshake_of(OpeningHandshake handshake)
cdef _upgrade(OpeningHandshake handshake)
cdef _between(long long start, long long end)
@cython.locals(asked=ByteStream, answered=ByteStream)
cdef _tcp_connect(TcpStream stream)
cpdef tuple endpoints_of(TcpStream stream)
cdef _timing(TcpStream stream, FrameLog log, OpeningHandshake handshake, Facts facts)
