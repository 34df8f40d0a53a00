cimport cython

from analyzer.stream.layer cimport Chunk
from analyzer.tls.protection cimport part

@cython.locals(kind=cython.int, major=cython.int, minor=cython.int, length=cython.int)
cpdef bint is_header(int kind, int major, int minor, int length) except -1

cdef class RecordReader:
    cdef public int kind
    cdef public bytes header
    cdef public bytes body
    cdef public int length
    cdef public long long missing
    cdef public long long skipped
    cdef public long long position
    cdef public bint lost
    cdef public bint foreign
    cdef bint _begun
    cdef long long _known
    cdef bytes _partial
    cdef list _pieces
    cdef long long _needed

    @cython.locals(start=cython.Py_ssize_t, available=cython.Py_ssize_t, needed=cython.Py_ssize_t, body=bytes)
    cpdef bint take(self, Chunk chunk) except -1
    cpdef let_go(self)
    cdef _finish(self, long long position, bytes body)
    @cython.locals(start=cython.Py_ssize_t, had=cython.Py_ssize_t, take=cython.Py_ssize_t, header=bytes, length=cython.int)
    cdef bint _header(self, Chunk chunk) except -1
    cdef bint _stumble(self, Chunk chunk) except -1
    @cython.locals(end=cython.Py_ssize_t, at=cython.Py_ssize_t)
    cdef bint _seek(self, Chunk chunk) except -1
    cpdef bint gap(self, long long length) except -1

@cython.locals(length=cython.int)
cdef bint _leads_on(bytes buffer, Py_ssize_t at, Py_ssize_t end) except -1
