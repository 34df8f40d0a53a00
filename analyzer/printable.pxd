cimport cython

cpdef str printable(str text)
cdef str _escaped(str char)
@cython.locals(milliseconds=double, seconds=double)
cpdef str duration(nanoseconds)
