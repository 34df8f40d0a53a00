cimport cython

from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.stream.marks cimport Marks

cdef class Plaintext:
    cdef Stack _outer
    cdef public Stack _inner
    cdef object _first_layer
    cdef public bint begun
    cdef bint _whole
    cdef public int turned
    cdef public bint given_up
    cdef list _ends
    cdef list _early
    cdef long long _early_bytes
    cdef Marks _client
    cdef Marks _server

    @cython.locals(buffer=bytes, start=cython.Py_ssize_t, end=cython.Py_ssize_t, offset="long long")
    cpdef data(self, int role, bytes plain, Py_ssize_t length, Chunk at)
    @cython.locals(length=cython.Py_ssize_t, marks=Marks, inner=Stack, top=Layer)
    cdef _push(self, int role, Chunk chunk)
    cdef _begin(self)
