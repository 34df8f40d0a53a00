cimport cython

cdef class Chunk:
    cdef public bytes buffer
    cdef public Py_ssize_t start
    cdef public Py_ssize_t end
    cdef public long long time_ns
    cdef public long long packet
    cdef public long long offset
    cdef public long long acknowledged
    cdef public long long missing

    cpdef advance(self, Py_ssize_t length)
    cpdef Chunk copy(self)

cdef class Layer:
    cpdef data(self, int side, Chunk chunk)
    cpdef gap(self, int side, long long length, long long time_ns, long long packet)
    cpdef shutdown(self, int side, long long time_ns, bint reset)
    cpdef closed(self, int side)
    cpdef finish(self)

cdef class Stack:
    cdef public Layer top
    cdef public int flipped
    cdef public object stream
    cdef public tuple via

    @cython.locals(top=Layer)
    cpdef gap(self, int side, long long length, long long time_ns, long long packet)
    @cython.locals(top=Layer)
    cpdef shutdown(self, int side, long long time_ns, bint reset)
    @cython.locals(top=Layer)
    cpdef closed(self, int side)
    @cython.locals(top=Layer)
    cpdef finish(self)
