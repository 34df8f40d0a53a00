cimport cython

cdef class Protection:
    cpdef bytes open(self, bytes header, bytes body, unsigned long long sequence)

# The bounds are checked by hand: C strings know none.
@cython.locals(data="const char *")
cpdef bytes part(bytes buffer, Py_ssize_t start, Py_ssize_t end)

cpdef bint put_nonce(bytearray nonce, unsigned int front, unsigned long long back) except -1

@cython.locals(place=cython.Py_ssize_t)
cpdef bint put_number(bytearray buffer, Py_ssize_t at, unsigned long long number) except -1
