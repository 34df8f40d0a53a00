cimport cython

from analyzer.packet.segment cimport Segment
from analyzer.stream.bytestream cimport ByteStream
from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.stream.number cimport StreamNumber
from analyzer.stream.recent cimport RecentPackets
from analyzer.stream.sequence cimport distance, wrap

cdef Stack NOWHERE

@cython.final
cdef class TcpStream:
    # In this order, what every packet asks for stands together: a capture of many streams is read
    # as fast as the processor finds them in its memory.
    cdef public TcpStream next_in_bucket
    cdef public unsigned long long network
    cdef public unsigned long long low_a
    cdef public unsigned long long low_b
    cdef public unsigned long long high_a
    cdef public unsigned long long high_b
    cdef public unsigned int port_a
    cdef public unsigned int port_b
    cdef public int ip_version
    cdef public bint asleep
    cdef public bint queued
    cdef public bint noted
    cdef public bint ended
    cdef public long long last_at
    cdef public long long last_packet
    cdef public long long connected_at
    cdef public ByteStream a
    cdef public ByteStream b
    cdef public Stack stack
    cdef public object twin
    cdef public long long asked
    cdef public unsigned long long asked_fingerprint
    cdef public RecentPackets recent
    cdef public int fins
    cdef public bint live
    cdef public bint buried
    cdef public bint reused
    cdef public int reused_by
    cdef public bint initial_a_set
    cdef public bint initial_b_set
    cdef public unsigned int initial_a
    cdef public unsigned int initial_b
    cdef public int window_scale
    cdef public long long number
    cdef public StreamNumber numbering
    cdef public long long first_at
    cdef public long long first_packet
    cdef public long long ended_at
    cdef public long long reused_at
    cdef public long long reused_packet
    cdef public object row
    cdef public TcpStream older
    cdef public TcpStream newer

    cdef set_endpoints(self, int direction, Segment segment)
    @cython.locals(recent=RecentPackets)
    cpdef build(self, Chunk chunk)
    cpdef ask(self, Segment segment)
    cdef bint may_ask(self, Segment segment) except -1
    @cython.locals(me=ByteStream)
    cpdef wake(self, Chunk chunk)
    @cython.locals(apart="long long", recent=RecentPackets)
    cdef bint repeats(self, Segment segment) except -1
    cdef bint carries(self) except -1
    cdef bint matches(self, Segment segment) except -1
    cdef bint connects(self, Segment segment) except -1
    cdef int direction_of(self, Segment segment) except -1
    @cython.locals(acknowledges=cython.int, known=cython.bint, initial="unsigned int", asked=cython.bint, number="unsigned int")
    cdef bint begins_anew(self, int direction, Segment segment) except -1
    @cython.locals(sequence="long long", before="long long", acknowledges=cython.int)
    cdef note_initial(self, int direction, Segment segment)
    @cython.locals(me=ByteStream, other=ByteStream)
    cpdef push(self, int direction, Segment segment)
    cdef pass_by(self, int direction, Segment segment)
    @cython.locals(acknowledged="long long")
    cdef plain(self, ByteStream me, ByteStream other, Segment segment)
    @cython.locals(flags=cython.int, acknowledged="long long", length="long long")
    cdef rare(self, int direction, ByteStream me, ByteStream other, Segment segment)
    cdef reset(self, ByteStream me, ByteStream other, Segment segment)
    cdef tuple note_reset(self, ByteStream me, ByteStream other, Segment segment)
    cdef note_window(self, ByteStream me, Segment segment)
    cdef note_syn(self, ByteStream me, Segment segment)
    @cython.locals(offset="long long", sent="long long", low="long long")
    cdef bint rst_counts(self, ByteStream me, ByteStream other, Segment segment) except -1
    cpdef drop(self)
    cpdef ByteStream of(self, int side)
