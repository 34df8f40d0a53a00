cimport cython

@cython.final
cdef class Cursor:
    cdef public Py_ssize_t start
    cdef public Py_ssize_t end
    cdef public long long wire_end
    cdef public unsigned long long network
    cdef public long long time_ns
    cdef public long long packet
    cdef public unsigned int fragment_id
    cdef public int fragment_offset
    cdef public bint fragment_more
    cdef public int fragment_protocol
    cdef public int depth
    cdef public object log

    cpdef int fail(self, str name, str detail) except -1
    cpdef int cut_or_malformed(self, long long length, str detail) except -1
    cpdef int deeper(self) except -1
    @cython.locals(mask="unsigned long long", factor="unsigned long long", mark="unsigned long long")
    cpdef enter_network(self, unsigned long long kind, unsigned long long identifier)
