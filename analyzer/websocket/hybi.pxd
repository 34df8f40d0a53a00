cimport cython

from analyzer.stream.layer cimport Chunk
from analyzer.websocket.decoder cimport FrameDecoder, FrameSink

@cython.locals(second=cython.int, size=cython.Py_ssize_t)
cpdef Py_ssize_t header_size(bytes buffer, Py_ssize_t position, Py_ssize_t end) except -1

cdef class HybiDecoder(FrameDecoder):
    cdef public int version
    cdef public int rsv_allowed
    cdef public int fragmented
    cdef bytes partial
    cdef bytes key

    @cython.locals(position=cython.Py_ssize_t, end=cython.Py_ssize_t, take=cython.Py_ssize_t)
    cpdef data(self, Chunk chunk)
    @cython.locals(size=cython.Py_ssize_t, end=cython.Py_ssize_t)
    cdef Py_ssize_t header(self, Chunk chunk, Py_ssize_t position) except -1
    @cython.locals(size=cython.Py_ssize_t, have=cython.Py_ssize_t, take=cython.Py_ssize_t, joined=bytes)
    cdef Py_ssize_t split_header(self, Chunk chunk, Py_ssize_t position) except -1
    @cython.locals(first=cython.int, second=cython.int, length="unsigned long long", index=cython.Py_ssize_t, short=cython.int, top=cython.bint)
    cdef read_header(self, bytes buffer, Py_ssize_t position, Py_ssize_t size)
    @cython.locals(allowed=cython.int, opcode=cython.int, strict=cython.bint)
    cdef note_violations(self, int short)
    cdef follow_fragments(self)
    cpdef complete(self)
    cdef hand_on(self, bytes data)
