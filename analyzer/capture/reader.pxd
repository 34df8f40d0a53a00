cimport cython

cdef class PacketReader:
    cdef public bytes buffer
    cdef public Py_ssize_t start
    cdef public Py_ssize_t end
    cdef public long long original_length
    cdef public long long time_ns
    cdef public int link_type
    cdef public int interface
    cdef public str damage
    cdef Py_ssize_t _position
    cdef Py_ssize_t _size
    cdef list _waiting
    cdef Py_ssize_t _waiting_at
    cdef Py_ssize_t _waiting_size

    cpdef feed(self, bytes data)
    cpdef bint next(self) except -1
    cpdef str finish(self)
    cdef Py_ssize_t _left(self) except -1
    cdef bint _has(self, Py_ssize_t length) except -1
    @cython.locals(left=bytes, first=bytes, at=cython.Py_ssize_t, wanted=cython.Py_ssize_t)
    cdef _refill(self, Py_ssize_t length)
    cdef _replace(self, bytes buffer, Py_ssize_t position)
    cdef bint _stop(self, str damage) except -1
