cimport cython

cdef class Marks:
    cdef public long long total
    cdef long long pieces
    cdef long long places[128]

    @cython.locals(place=cython.Py_ssize_t)
    cpdef add(self, long long end, long long length)
    cpdef skip(self, long long length)
    @cython.locals(number="long long", oldest="long long", end="long long", total="long long", before="long long")
    cpdef long long behind(self, long long offset) except -1
