cimport cython

from analyzer.packet.segment cimport Segment
from analyzer.stream.sequence cimport wrap

@cython.final
cdef class StreamNumber:
    cdef public long long number
    cdef public bint settled
    cdef public long long initial_low
    cdef public long long initial_high

    @cython.locals(initial="long long")
    cpdef bint begins_anew(self, Segment segment) except -1
    @cython.locals(sequence="long long", acknowledged="long long", low="long long", high="long long")
    cpdef note(self, Segment segment)

cpdef bint from_lower(Segment segment) except -1
