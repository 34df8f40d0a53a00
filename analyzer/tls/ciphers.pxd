cimport cython

from analyzer.tls.protection cimport Protection, part, put_nonce, put_number

cdef bint _put_aad(bytearray aad, unsigned long long sequence, bytes header, Py_ssize_t length) except -1

cdef class Aead13(Protection):
    cdef object _tag
    cdef object _decrypt
    cdef unsigned int _front
    cdef unsigned long long _back
    cdef bytearray _nonce
    cdef object _suite
    cdef object _secret
    cdef object _scratch

    cpdef bytes open(self, bytes header, bytes body, unsigned long long sequence)

cdef class ExplicitAead(Protection):
    cdef Py_ssize_t _tag
    cdef object _decrypt
    cdef unsigned int _front
    cdef bytearray _nonce
    cdef bytearray _aad

    @cython.locals(length=cython.Py_ssize_t, place=cython.Py_ssize_t, nonce=bytearray)
    cpdef bytes open(self, bytes header, bytes body, unsigned long long sequence)

cdef class ImplicitAead(Protection):
    cdef Py_ssize_t _tag
    cdef object _decrypt
    cdef unsigned int _front
    cdef unsigned long long _back
    cdef bytearray _nonce
    cdef bytearray _aad

    @cython.locals(length=cython.Py_ssize_t)
    cpdef bytes open(self, bytes header, bytes body, unsigned long long sequence)

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

    cpdef bytes open(self, bytes header, bytes body, unsigned long long sequence)

cdef class Stream(Protection):
    cdef object _decryptor
    cdef object _mac
    cdef object _hash
    cdef object _mac_size

    cpdef bytes open(self, bytes header, bytes body, unsigned long long sequence)
