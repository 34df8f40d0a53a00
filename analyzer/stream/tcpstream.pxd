cimport cython

from analyzer.packet.segment cimport Segment
from analyzer.stream.bytestream cimport ByteStream
from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.stream.recent cimport RecentPackets
from analyzer.stream.sequence cimport distance, wrap

cdef class TcpStream:
    cdef public long long number
    cdef public int ip_version
    cdef public unsigned long long network
    cdef public unsigned long long high_a
    cdef public unsigned long long low_a
    cdef public unsigned int port_a
    cdef public unsigned long long high_b
    cdef public unsigned long long low_b
    cdef public unsigned int port_b
    cdef public TcpStream next_in_bucket
    cdef public Stack stack
    cdef public ByteStream a
    cdef public ByteStream b
    cdef public bint live
    cdef public bint queued
    cdef public bint reused
    cdef public long long reused_at
    cdef public long long reused_packet
    cdef public int reused_by
    cdef public bint initial_a_set
    cdef public bint initial_b_set
    cdef public unsigned int initial_a
    cdef public unsigned int initial_b
    cdef public bint ended
    cdef public long long first_at
    cdef public long long first_packet
    cdef public long long last_at
    cdef public long long last_packet
    cdef public long long connected_at

    cdef bint matches(self, Segment segment) except -1
    cdef int direction_of(self, Segment segment) except -1
    cdef bint begins_anew(self, int direction, Segment segment) except -1
    @cython.locals(sequence="long long", before="long long", acknowledges=cython.int)
    cdef note_initial(self, int direction, Segment segment)
    @cython.locals(me=ByteStream, other=ByteStream, acknowledged=cython.longlong, flags=cython.int)
    cpdef push(self, int direction, Segment segment)
    @cython.locals(length=cython.longlong)
    cdef rare(self, ByteStream me, ByteStream other, Segment segment, long long acknowledged)
    cdef note_syn(self, ByteStream me, Segment segment)
    @cython.locals(offset=cython.longlong, low=cython.longlong, room=cython.longlong)
    cdef bint rst_counts(self, ByteStream me, ByteStream other, Segment segment) except -1
    cpdef drop(self)
    cpdef ByteStream of(self, int side)
