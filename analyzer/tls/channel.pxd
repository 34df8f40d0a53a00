cimport cython

from analyzer.tls.opener cimport Opener
from analyzer.tls.record cimport RecordReader

cdef class Channel:
    cdef public int role
    cdef public RecordReader reader
    cdef public object messages
    cdef public Opener opener
    cdef public object facts
    cdef public list held
    cdef public long long hole
    cdef long long _held_bytes
    cdef bint _padded

    @cython.locals(stage=cython.int, length=cython.Py_ssize_t, plain=bytes)
    cpdef tuple unseal(self, bytes header, bytes body, bint is_13)
