cimport cython

@cython.final
cdef class Window:
    cdef public long long left
    cdef public long long empty_since

    cpdef use(self, long long length, long long time_ns)
    cpdef widen(self, long long length)
