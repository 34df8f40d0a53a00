cimport cython

from analyzer.stream.layer cimport Chunk, Layer, Stack

cdef class FrontLayer(Layer):
    cdef Stack _stack
    cdef object _rooms
    cdef list _ends

    @cython.locals(first=cython.int, layer=Layer, top=Layer)
    cpdef data(self, int side, Chunk chunk)
    @cython.locals(start=bytes)
    cdef Layer _special(self, int first, Chunk chunk)
    cdef Layer _place(self, Layer layer)
    @cython.locals(top=Layer)
    cpdef gap(self, int side, long long length, long long time_ns, long long packet)
    cpdef shutdown(self, int side, long long time_ns, bint reset)
    cpdef finish(self)
