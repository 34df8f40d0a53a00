from analyzer.packet.segment cimport Segment
from analyzer.stream.table cimport share_of

cdef class Router:
    cpdef bint takes(self, Segment segment) except -1

cdef class ShareRouter(Router):
    cdef int index
    cdef int count
    cpdef bint takes(self, Segment segment) except -1
