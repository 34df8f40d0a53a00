cimport cython

@cython.final
cdef class RecentPackets:
    cdef unsigned long long fingerprints[64]
    cdef long long times[64]
    cdef Py_ssize_t count
    cdef Py_ssize_t position

    @cython.locals(position=cython.Py_ssize_t)
    cpdef add(self, unsigned long long fingerprint, long long time_ns)
    @cython.locals(slot=cython.Py_ssize_t, apart="long long")
    cpdef bint seen(self, unsigned long long fingerprint, long long time_ns) except -1
