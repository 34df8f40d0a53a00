cimport cython

from analyzer.packet.segment cimport Segment
from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.stream.pending cimport PendingChunks
from analyzer.stream.recent cimport RecentPackets
from analyzer.stream.sequence cimport distance, wrap
from analyzer.stream.silence cimport Silence

cdef class ByteStream:
    # What every packet asks for stands together, see `TcpStream`.
    cdef public Stack stack
    cdef public RecentPackets recent
    cdef public Chunk chunk
    cdef public PendingChunks pending
    cdef public int direction
    cdef public bint based
    cdef public unsigned int next_sequence
    cdef public unsigned int window
    cdef public int ttl
    cdef public int ip_id
    cdef public long long zero_window_at
    cdef public long long zero_windows
    cdef public long long next
    cdef public long long acknowledged
    cdef public long long sent
    cdef public long long hole_at
    cdef public long long fin_offset
    cdef public long long captured
    cdef public long long last_at
    cdef public long long last_payload_at
    cdef public long long packets
    cdef public Silence silence
    cdef public long long missing_until
    cdef public bint acknowledgment_seen
    cdef public bint syn_acknowledges
    cdef public int window_scale
    cdef public bint soft
    cdef public bint end_delivered
    cdef public bint overflowed
    cdef public bint fin_hidden
    cdef public long long doubted
    cdef public unsigned long long doubted_packet
    cdef public long long hole_acknowledged
    cdef public long long syn_at
    cdef public long long fin_at
    cdef public long long fin_packet
    cdef public long long fin_acknowledged
    cdef public long long rst_at
    cdef public long long rst_packet
    cdef public tuple reset
    cdef public long long rst_answers
    cdef public long long retransmitted_segments
    cdef public long long keepalives
    cdef public long long missing_bytes

    cpdef start_at(self, unsigned int sequence)
    cdef shift_start(self, long long steps)
    @cython.locals(shift=cython.int, room="long long")
    cpdef long long room(self, ByteStream other) except? -2
    @cython.locals(position="long long")
    cpdef long long acknowledge(self, Segment segment, ByteStream peer) except? -2
    @cython.locals(reach="long long")
    cdef bint is_plausible(self, long long position, Segment segment, ByteStream peer) except -1
    cdef note_hole(self, long long time_ns)
    @cython.locals(chunks=list, chunk=Chunk)
    cdef fill_acknowledged(self, long long acknowledged)
    @cython.locals(sequence="long long", offset="long long", length="long long")
    cpdef payload(self, Segment segment, long long acknowledged)
    cdef bint may_shift(self, long long offset, long long length) except -1
    @cython.locals(ahead="long long")
    cpdef empty(self, Segment segment, ByteStream peer)
    @cython.locals(chunk=Chunk)
    cdef deliver_segment(self, Segment segment, long long offset, long long acknowledged)
    @cython.locals(length="long long", top=Layer)
    cdef deliver(self, Chunk chunk)
    cdef seen_before(self, Segment segment, long long offset, long long length)
    cdef note_unanswered(self, long long time_ns)
    @cython.locals(length="long long")
    cdef keep(self, Segment segment, long long offset, long long acknowledged)
    @cython.locals(chunks=list, chunk=Chunk, taken=cython.Py_ssize_t, end="long long")
    cdef drain(self, long long time_ns, long long packet)
    cdef skip(self, long long length, long long time_ns, long long packet)
    @cython.locals(chunk=Chunk)
    cdef fill_hole(self)
    cpdef bare_fin(self, Segment segment)
    @cython.locals(syn=cython.int, length="long long", sequence="long long", position="long long")
    cpdef fin(self, Segment segment, long long acknowledged)
    @cython.locals(answers="long long")
    cpdef note_rst(self, Segment segment)
    cdef close_if_complete(self)
    @cython.locals(tail="long long")
    cpdef finish(self)
