cimport cython

from analyzer.stream.layer cimport Chunk

cdef class MessageReader:
    cdef public int state
    cdef public str request_method
    cdef public bint expects_challenge
    cdef public bint lost
    cdef object buffer
    cdef long long remaining
    cdef object head
    cdef int after_chunk
    cdef long long first_at
    cdef long long first_packet

    cpdef take(self, Chunk chunk)
    cpdef cut_head(self, long long time_ns, long long packet)
    cpdef bint gap(self, long long length) except -1
    @cython.locals(length="long long")
    cdef skip(self, Chunk chunk)
    @cython.locals(before=cython.Py_ssize_t, length=cython.Py_ssize_t)
    cdef find_head(self, Chunk chunk)
    cdef miss(self, Chunk chunk, Py_ssize_t before)
    cdef collect(self, Chunk chunk)
    cdef chunk_line(self, Chunk chunk)
