cimport cython

@cython.locals(top=cython.longlong)
cpdef long long word_16(bytes buffer, Py_ssize_t at, bint big) except -1
@cython.locals(top=cython.longlong)
cpdef long long word_32(bytes buffer, Py_ssize_t at, bint big) except -1
