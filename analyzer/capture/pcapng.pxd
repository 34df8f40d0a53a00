cimport cython
from analyzer.capture.interface cimport Interface
from analyzer.capture.reader cimport PacketReader
from analyzer.capture.words cimport word_16, word_32

cdef bint _is_odd(long long length) noexcept

cdef class PcapngReader(PacketReader):
    cdef public list secrets
    cdef public list names
    cdef public list comments
    cdef public list notes
    cdef public list interfaces
    cdef bint _started
    cdef bint _big
    cdef long long _interfaces_before
    cdef long long _kept
    cdef Py_ssize_t _skip

    @cython.locals(
        buffer=bytes,
        at=cython.Py_ssize_t,
        big=cython.bint,
        kind=cython.longlong,
        length=cython.longlong,
    )
    cpdef bint next(self) except -1
    cpdef str finish(self)
    @cython.locals(length=cython.longlong)
    cdef bint _unusual(self, long long kind, Py_ssize_t at) except -1
    @cython.locals(
        buffer=bytes,
        big=cython.bint,
        number=cython.longlong,
        captured=cython.longlong,
        high=cython.longlong,
        low=cython.longlong,
        interface=Interface,
    )
    cdef bint _packet(self, Py_ssize_t at, Py_ssize_t length, bint obsolete) except -1
    @cython.locals(interface=Interface, original=cython.longlong, captured=cython.longlong)
    cdef bint _simple_packet(self, Py_ssize_t at, Py_ssize_t length) except -1
    cdef bint _other(self, long long kind, Py_ssize_t at, Py_ssize_t length) except -1
    @cython.locals(here=cython.Py_ssize_t)
    cdef bint _ready(self) except -1
    cdef bint _find_byte_order(self, Py_ssize_t at) except -1
    cdef bint _odd_length(self, long long kind, long long length) except -1
