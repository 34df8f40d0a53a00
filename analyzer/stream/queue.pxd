cimport cython

from analyzer.stream.tcpstream cimport TcpStream

@cython.final
cdef class StreamQueue:
    cdef public TcpStream oldest
    cdef public TcpStream newest

    @cython.locals(before=TcpStream)
    cpdef add(self, TcpStream stream)
    @cython.locals(before=TcpStream, behind=TcpStream)
    cpdef remove(self, TcpStream stream)
    @cython.locals(stream=TcpStream, behind=TcpStream)
    cpdef clear(self)
