cimport cython

cdef class Opener:
    cdef public int stage
    cdef public unsigned long long sequence
    cdef public long long opened
    cdef public long long failed
    cdef public long long jumped
    cdef object _protection
    cdef dict _later
    cdef long long _lost
    cdef long long _tries

    cpdef open(self, bytes header, bytes body)
    @cython.locals(first="unsigned long long")
    cdef _search(self, bytes header, bytes body)
    cdef bytes _changed(self, protection, unsigned long long sequence, bytes plain)
    @cython.locals(sequence="unsigned long long", step="long long")
    cdef _try(self, protection, bytes header, bytes body, unsigned long long first)
