cimport cython

from analyzer.stream.layer cimport Chunk

cdef class FrameSink:
    cpdef frame(self, FrameDecoder decoder)
    cpdef oddity(self, FrameDecoder decoder, str name, str detail)

cdef class PayloadSink:
    cpdef payload(self, FrameDecoder decoder, bytes data)
    cpdef missing(self, FrameDecoder decoder, long long length)

cdef class FrameDecoder:
    # What every frame asks for stands together, see `TcpStream`.
    cdef public FrameSink sink
    cdef public PayloadSink payload_to
    cdef public int side
    cdef public bint lost
    cdef public bint in_frame
    cdef public int opcode
    cdef public bint fin
    cdef public int rsv
    cdef public bint masked
    cdef public bint body_complete
    cdef public long long remaining
    cdef public long long payload_length
    cdef public bytes body
    cdef public long long gap_in_frame
    cdef public long long end_offset
    cdef public long long frame_offset
    cdef public long long time_ns
    cdef public long long packet
    cdef public long long acknowledged
    cdef public long long first_at
    cdef public long long first_packet
    cdef public long long wire_length

    cpdef data(self, Chunk chunk)
    cpdef bint gap(self, long long length) except -1
    cpdef complete(self)
    cpdef bytes interrupted_body(self)
    cpdef resume(self)
    cpdef bint interrupted_close(self) except -1
    cpdef bint may_be_close(self) except -1
    cpdef begin(self, Chunk chunk, Py_ssize_t position)
    cpdef touch(self, Chunk chunk)
