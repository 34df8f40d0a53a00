cimport cython

from analyzer.packet.segment cimport Segment
from analyzer.stream.layer cimport Chunk

@cython.final
cdef class PendingChunks:
    cdef public list chunks
    cdef public long long size

    @cython.locals(chunks=list, position=cython.Py_ssize_t, start="long long", stop="long long", limit="long long", new=cython.bint)
    cpdef bint keep(self, Segment segment, long long offset, long long acknowledged) except -1
    @cython.locals(chunk=Chunk)
    cdef insert(self, Py_ssize_t position, Segment segment, Py_ssize_t start, Py_ssize_t end, long long acknowledged)
    @cython.locals(chunks=list, before=Chunk, missing="long long")
    cdef bint keep_missing(self, Segment segment, long long stop, Py_ssize_t position) except -1

cdef long long end_of(Chunk chunk) except? -1
