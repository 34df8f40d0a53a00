cimport cython

cdef class Interface:
    cdef public int number
    cdef public int link_type
    cdef public long long snaplen
    cdef public str name
    cdef object _units
    cdef object _offset
    cdef public long long multiplier
    cdef public long long offset_ns
    cdef public long long plain_below

    @cython.locals(limit=object)
    cpdef set_clock(self, object units, object offset)
    cpdef long long exact_time(self, object high, object low) except? -1
