cimport cython

from analyzer.stream.tcpstream cimport TcpStream

@cython.final
cdef class StreamIndex:
    cdef public Py_ssize_t count
    cdef unsigned long long mask
    cdef unsigned long long[::1] keys
    cdef list streams

    @cython.locals(mask="unsigned long long", place="unsigned long long")
    cpdef TcpStream get(self, unsigned long long key)
    @cython.locals(mask="unsigned long long", place="unsigned long long")
    cpdef put(self, unsigned long long key, TcpStream stream)
    @cython.locals(mask="unsigned long long", place="unsigned long long", later="unsigned long long")
    cpdef remove(self, unsigned long long key)
    @cython.locals(keys="unsigned long long[::1]", streams=list, size=cython.Py_ssize_t, place=cython.Py_ssize_t)
    cdef grow(self)
    cpdef clear(self)
