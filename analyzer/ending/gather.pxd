cimport cython

from analyzer.ending.facts cimport Facts, SideFacts
from analyzer.http2.stream cimport StreamSide, StreamStack
from analyzer.stream.bytestream cimport ByteStream
from analyzer.stream.layer cimport Stack
from analyzer.stream.tcpstream cimport TcpStream
from analyzer.websocket.log cimport FrameLog, SideLog

@cython.locals(stream=TcpStream)
cpdef Facts gather(Stack stack, FrameLog log, handshake)
@cython.locals(stream=TcpStream, facts=SideFacts)
cdef SideFacts _failed_facts(Stack stack, int side, bint last)
cdef _reused_by(TcpStream stream)
@cython.locals(stream=TcpStream, sent=ByteStream, other=ByteStream, own=SideLog, facts=SideFacts, closing=cython.bint, behind="long long")
cdef SideFacts _side_facts(Stack stack, FrameLog log, int side)
cdef _note_tls(SideFacts facts, stack, int side)
@cython.locals(own=StreamSide)
cdef _take_stream(SideFacts facts, StreamStack stack, int side)
cdef _goaway(StreamSide own)
@cython.locals(facts=SideFacts)
cdef SideFacts _tcp_facts(ByteStream sent)
