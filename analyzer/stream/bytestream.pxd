cimport cython

from analyzer.packet.segment cimport Segment
from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.stream.recent cimport RecentPackets
from analyzer.stream.sequence cimport distance, wrap

cdef class ByteStream:
    cdef public int direction
    cdef public Stack stack
    cdef public RecentPackets recent
    cdef public Chunk chunk
    cdef public bint based
    cdef public unsigned int next_sequence
    cdef public long long next
    cdef public long long acknowledged
    cdef public bint acknowledgment_seen
    cdef public list pending
    cdef public long long pending_bytes
    cdef public long long hole_acknowledged_at
    cdef public long long syn_at
    cdef public bint syn_acknowledges
    cdef public int window_scale
    cdef public unsigned int window
    cdef public long long fin_at
    cdef public long long fin_packet
    cdef public long long fin_offset
    cdef public long long fin_acknowledged
    cdef public long long rst_at
    cdef public long long rst_packet
    cdef public long long last_at
    cdef public long long last_payload_at
    cdef public long long packets
    cdef public long long retransmitted_segments
    cdef public long long keepalives
    cdef public long long missing_bytes
    cdef public long long unanswered
    cdef public long long unanswered_since
    cdef public bint end_delivered
    cdef public bint overflowed
    cdef public bint fin_hidden

    cpdef start_at(self, unsigned int sequence)
    @cython.locals(position=cython.longlong)
    cpdef long long acknowledge(self, unsigned int acknowledgment, long long time_ns) except? -2
    @cython.locals(sequence=cython.longlong, offset=cython.longlong, length=cython.longlong, stop=cython.longlong)
    cpdef payload(self, Segment segment, long long acknowledged)
    @cython.locals(chunk=Chunk)
    cdef deliver_segment(self, Segment segment, long long offset, long long acknowledged)
    @cython.locals(length="long long", top=Layer)
    cdef deliver(self, Chunk chunk)
    cdef note_unanswered(self, long long time_ns)
    cdef seen_before(self, Segment segment, long long offset, long long length)
    @cython.locals(length="long long", position=cython.Py_ssize_t, chunk=Chunk, before=Chunk)
    cdef keep(self, Segment segment, long long offset, long long acknowledged)
    @cython.locals(chunk=Chunk, taken=cython.Py_ssize_t)
    cdef drain(self)
    @cython.locals(top=Layer)
    cdef skip(self, long long length, long long time_ns, long long packet)
    @cython.locals(chunk=Chunk)
    cpdef fill_hole(self)
    @cython.locals(sequence=cython.longlong)
    cpdef fin(self, Segment segment, long long acknowledged)
    cpdef note_rst(self, Segment segment)
    cdef close_if_complete(self)
    cpdef finish(self)
