cimport cython

from analyzer.http.message cimport Head, body_framing, head_length, head_of, looks_like_head, may_begin_message, parse_cut_head
from analyzer.stream.layer cimport Chunk

@cython.final
cdef class MessageReader:
    cdef public int state
    cdef public str request_method
    cdef public bint expects_challenge
    cdef public bint lost
    cdef bytearray buffer
    cdef bint told
    cdef long long remaining
    cdef Head head
    cdef int after_chunk
    cdef long long first_at
    cdef public long long first_packet

    @cython.locals(head=Head)
    cpdef Head take(self, Chunk chunk)
    @cython.locals(head=Head)
    cpdef Head cut_head(self, long long time_ns, long long packet)
    cpdef bint gap(self, long long length) except -1
    @cython.locals(length="long long")
    cdef skip(self, Chunk chunk)
    @cython.locals(before=cython.Py_ssize_t, known=cython.Py_ssize_t, stop=cython.Py_ssize_t, length=cython.Py_ssize_t, text=str, head=Head, too_long=cython.bint)
    cdef Head find_head(self, Chunk chunk)
    cdef bint begin(self, Chunk chunk) except -1
    cdef miss(self, Chunk chunk, Py_ssize_t before)
    @cython.locals(head=Head)
    cdef Head collect(self, Chunk chunk)
    cdef chunk_line(self, Chunk chunk)
    @cython.locals(length="long long")
    cdef follow(self, Head head)

cpdef long long challenge_length(Head head, bint expected) except -1
