cimport cython

@cython.final
cdef class Silence:
    cdef public long long repeats
    cdef public long long since
    cdef public long long stalled
    cdef public long long stalled_at
    cdef public long long stall_ended_at

    cpdef again(self, long long time_ns)
    @cython.locals(longest="long long")
    cpdef heard(self, long long time_ns)
