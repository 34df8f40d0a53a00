cimport cython

from analyzer.stream.layer cimport Chunk
from analyzer.websocket.hybi cimport header_size

@cython.final
cdef class Candidate:
    cdef public Py_ssize_t start
    cdef public Py_ssize_t position
    cdef public double needed
    cdef public double bits
    cdef public long long frames
    cdef public int masked
    cdef public int fragmented
    cdef public long long close_code
    cdef public bytes header
    cdef public long long extended

cdef class FrameFinder:
    cdef public Candidate best
    cdef public bint discarded
    cdef public long long tried
    cdef int _masked
    cdef bint _anywhere
    cdef double _needed
    cdef bytearray _buffer
    cdef list _chunks
    cdef list _ends
    cdef list _candidates

    @cython.locals(end="long long", size=cython.Py_ssize_t, body="long long", payload_length="long long", bits=double)
    cdef bint _ends_with_gap(self, Candidate one, long long length) except -1
    cdef _forget(self)
    cdef bint _plausible(self, Chunk chunk) except -1
    @cython.locals(room=cython.Py_ssize_t, start=cython.Py_ssize_t, one=Candidate)
    cdef _add_candidates(self, Py_ssize_t begin)
    @cython.locals(buffer=bytearray, left=cython.Py_ssize_t, first=int, second=int, length=int)
    cdef bint _may_be_whole(self, Py_ssize_t start) except -1
    @cython.locals(buffer=bytearray, end=cython.Py_ssize_t, size=cython.Py_ssize_t, length="long long", body="long long", bits=double)
    cdef bint _follow(self, Candidate one) except -1
    @cython.locals(first=int, second=int, opcode=int)
    cdef bint _legal_start(self, Candidate one) except -1
    @cython.locals(short=int, width=int, length=object)
    cdef long long _length(self, Py_ssize_t position) except -2
    @cython.locals(first=int, second=int, opcode=int, fin=cython.bint, bits=double, at_end=cython.bint, payload=bytes, here=cython.bint, key=bytes, before=bytes)
    cdef double _evidence(self, Candidate one, long long body, long long length) except -2
    cdef bint _ends_with_segment(self, long long end) except -1
    cdef double _segment_end_bits(self, long long start, long long end) except -2

@cython.locals(best=Candidate, one=Candidate)
cdef Candidate strongest(list candidates)
cdef double _close_bits(double bits, bytes body, long long length, bint whole) except -2
@cython.locals(head=bytes)
cdef double _text_bits(double bits, bytes payload, bint whole) except -2
