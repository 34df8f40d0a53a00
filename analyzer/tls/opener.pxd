cimport cython

from analyzer.tls.protection cimport Protection

cdef class Opener:
    cdef public int stage
    cdef public bint sealed
    cdef public unsigned long long sequence
    cdef public long long opened
    cdef public long long failed
    cdef public long long jumped
    cdef Protection _protection
    cdef dict _later
    cdef long long _lost
    cdef long long _tries

    @cython.locals(plain=bytes)
    cpdef bytes open(self, bytes header, bytes body)
    @cython.locals(first="unsigned long long", plain=bytes, protection=Protection)
    cdef bytes _search(self, bytes header, bytes body)
    cdef bytes _changed(self, Protection protection, unsigned long long sequence, bytes plain)
    @cython.locals(sequence="unsigned long long", plain=bytes)
    cdef bytes _try(self, Protection protection, bytes header, bytes body, unsigned long long first)
