cimport cython

from analyzer.packet.segment cimport Segment
from analyzer.route cimport Router
from analyzer.stream.table cimport spread

cdef class KeyRouter(Router):
    cdef public set keys
    cdef unsigned long long last

    @cython.locals(key="unsigned long long")
    cpdef bint takes(self, Segment segment) except -1

cdef class SplitRouter(Router):
    cdef public object shared
    cdef unsigned long long count
    cdef public list taken
    cdef public object tick_times
    cdef public object tick_packets

    @cython.locals(key="unsigned long long")
    cpdef bint takes(self, Segment segment) except -1
    cpdef ticked(self, long long now_ns, long long packet)

cpdef write(Segment segment, bytearray out)
@cython.locals(length="long long")
cpdef long long read(Segment segment, bytes data, long long at) except -1
