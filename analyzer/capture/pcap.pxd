cimport cython
from analyzer.capture.reader cimport PacketReader
from analyzer.capture.words cimport word_32

cdef class PcapReader(PacketReader):
    cdef bint _started
    cdef bint _big
    cdef int _lengths
    cdef Py_ssize_t _record_header
    cdef long long _unit

    @cython.locals(
        buffer=bytes,
        at=cython.Py_ssize_t,
        captured=cython.longlong,
        original=cython.longlong,
        big=cython.bint,
    )
    cpdef bint next(self) except -1
    cpdef str finish(self)
    cdef bint _start(self) except -1

@cython.locals(high=cython.longlong, low=cython.longlong)
cdef long long number_at(bytes buffer, Py_ssize_t at, bint big) except -1
