cimport cython

from analyzer.ending.facts cimport Facts
from analyzer.stream.bytestream cimport ByteStream
from analyzer.stream.tcpstream cimport TcpStream
from analyzer.websocket.log cimport FrameLog, SideLog

cpdef list caveats(TcpStream stream, FrameLog log, handshake, Facts facts, kind)
cdef _of_the_start(list found, TcpStream stream, handshake, Facts facts)
@cython.locals(sent=ByteStream, own=SideLog, text=str)
cdef _of_a_side(list found, TcpStream stream, FrameLog log, Facts facts, int side)
cdef _of_its_packets(list found, ByteStream sent, Facts facts, side)
cdef _of_the_framing(list found, framing, Facts facts)
cdef _of_the_end(list found, TcpStream stream, Facts facts, kind)
@cython.locals(sign=str)
cdef _of_resets(list found, Facts facts)
