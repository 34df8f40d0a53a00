cdef class AnomalyLog:
    cdef list _kept
    cdef dict _counts

    cpdef add(self, str name, side, long long time_ns, long long packet, str detail=*)
    cpdef tuple all(self)
