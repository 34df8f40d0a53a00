cimport cython

from analyzer.http2.windows cimport Window
from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.stream.marks cimport Marks

cdef class StreamSide:
    cdef public long long ended_at
    cdef public long long ended_packet
    cdef public long long ended_offset
    cdef public long long ended_acknowledged
    cdef public long long reset_at
    cdef public long long reset_packet
    cdef public long long reset_code
    cdef public long long reset_offset
    cdef public long long goaway_at
    cdef public long long goaway_packet
    cdef public long long goaway_last
    cdef public long long goaway_code
    cdef public bytes goaway_debug
    cdef public bint lost
    cdef public Window window
    cdef public Marks marks

cdef class StreamStack(Stack):
    cdef public Stack outer
    cdef public long long identifier
    cdef public object handshake
    cdef public long long number
    cdef public StreamSide client
    cdef public StreamSide server
    cdef public tuple sides
    cdef public object anomalies
    cdef public bint gone
    cdef public long long shared
    cdef list _held
    cdef long long _held_bytes

    @cython.locals(length=cython.Py_ssize_t, own=StreamSide, top=Layer)
    cpdef push(self, int side, Chunk chunk)
    @cython.locals(own=StreamSide)
    cpdef skip(self, int side, long long length, long long time_ns, long long packet)
    @cython.locals(top=Layer)
    cpdef release(self)
    @cython.locals(own=StreamSide)
    cpdef long long behind(self, int side, long long offset) except -1
