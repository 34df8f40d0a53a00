cimport cython

cdef class Protection:
    cpdef open(self, bytes header, bytes body, unsigned long long sequence)

cdef class Aead13(Protection):
    cdef object _tag
    cdef object _decrypt
    cdef bytes _front
    cdef unsigned long long _back
    cdef object _suite
    cdef object _secret

cdef class ExplicitAead(Protection):
    cdef Py_ssize_t _tag
    cdef object _decrypt
    cdef bytes _salt

    @cython.locals(length=cython.Py_ssize_t)
    cpdef open(self, bytes header, bytes body, unsigned long long sequence)

cdef class ImplicitAead(Protection):
    cdef Py_ssize_t _tag
    cdef object _decrypt
    cdef bytes _front
    cdef unsigned long long _back

    @cython.locals(length=cython.Py_ssize_t)
    cpdef open(self, bytes header, bytes body, unsigned long long sequence)

cdef class Block(Protection):
    cdef object _block
    cdef object _decryptor
    cdef object _explicit
    cdef object _mac_last
    cdef object _mac
    cdef object _hash
    cdef object _mac_size
    cdef object _latest
    cdef object _next

cdef class Stream(Protection):
    cdef object _decryptor
    cdef object _mac
    cdef object _hash
    cdef object _mac_size
