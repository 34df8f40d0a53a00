cimport cython

from analyzer.stream.layer cimport Chunk, Layer, Stack

cdef class OpeningLayer(Layer):
    cdef Stack _stack
    cdef object _plain
    cdef object _secure
    cdef object _fits
    cdef int _least
    cdef int _most
    cdef list _first
    cdef list _kept
    cdef list _ends

    @cython.locals(top=Layer, first=bytes, kind=cython.int)
    cpdef data(self, int side, Chunk chunk)
    @cython.locals(stack=Stack, top=Layer)
    cdef Layer _choose(self, choice)
