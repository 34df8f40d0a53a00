from analyzer.packet.segment cimport Segment
from analyzer.stream.table cimport share_of

cdef class Router:
    cpdef bint takes(self, Segment segment) except -1
    cpdef ticked(self, long long now_ns, long long packet)

cdef class ShareRouter(Router):
    cdef int index
    cdef int count
    cpdef bint takes(self, Segment segment) except -1
