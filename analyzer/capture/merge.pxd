cimport cython
from analyzer.capture.reader cimport PacketReader

cdef class OpenCapture:
    cdef public PacketReader reader
    cdef public object source
    cdef public object record
    cdef public Py_ssize_t index
    cdef public long long packets
    cdef public bint ended
    cdef object _chunks

    cdef bint load(self) except -1
    cdef bint _feed(self) except -1

cdef class CaptureSet:
    cdef public PacketReader reader
    cdef public long long number
    cdef public Py_ssize_t source_index
    cdef public list sources
    cdef list _records
    cdef list _begins
    cdef Py_ssize_t _opened
    cdef list _active
    cdef OpenCapture _current
    cdef long long _until
    cdef long long _counted

    @cython.locals(reader=PacketReader)
    cpdef bint next(self) except -1
    cpdef tuple progress(self)
    @cython.locals(best=OpenCapture)
    cdef bint _switch(self) except -1
    @cython.locals(best=OpenCapture, capture=OpenCapture)
    cdef OpenCapture _earliest(self)
    @cython.locals(capture=OpenCapture, until=cython.longlong, begin=cython.longlong)
    cdef long long _limit(self, OpenCapture best) except? -1
    @cython.locals(capture=OpenCapture, best=OpenCapture)
    cdef _open_due(self)
    cdef _settle(self)
