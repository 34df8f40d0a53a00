cimport cython

from analyzer.tls.opener cimport Opener
from analyzer.tls.record cimport RecordReader
from analyzer.tls.session cimport TlsSide

cdef class Channel:
    cdef public int role
    cdef public RecordReader reader
    cdef public object messages
    cdef public Opener opener
    cdef public TlsSide facts
    cdef public list held
    cdef public int kind
    cdef public Py_ssize_t length
    cdef public long long hole
    cdef public long long kept
    cdef public long long records
    cdef public bint unread
    cdef bint _padded

    @cython.locals(stage=cython.int, length=cython.Py_ssize_t, plain=bytes)
    cpdef bytes unseal(self, bytes header, bytes body, bint is_13)
