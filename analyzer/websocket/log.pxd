cimport cython

from analyzer.anomaly cimport AnomalyLog
from analyzer.websocket.close cimport close_violations, parse_close_body
from analyzer.websocket.decoder cimport FrameDecoder, FrameSink

cdef class SideLog:
    # What every frame asks for stands together, see `TcpStream`.
    cdef public long long frames
    cdef public long long bytes
    cdef public long long payload_bytes
    cdef public long long messages
    cdef public object close
    cdef public long long last_frame_at
    cdef public long long last_before_down
    cdef public int side
    cdef public long long pings
    cdef public long long pongs
    cdef public long long frames_after_close
    cdef public list outstanding_pings
    cdef public bint hidden
    cdef public long long hidden_bytes

cdef class FrameLog(FrameSink):
    # What every frame asks for stands together, see `TcpStream`.
    cdef public SideLog client
    cdef public SideLog server
    cdef public long long closing_at
    cdef public long long down_at
    cdef public object columns
    cdef public object messages
    cdef public int down_by
    cdef public int version
    cdef public object framing
    cdef public AnomalyLog anomalies
    cdef public long long last_ping_rtt
    cdef public long long last_pong_at

    @cython.locals(log=SideLog, rtt="long long")
    cpdef frame(self, FrameDecoder decoder)
    cdef long long control(self, SideLog log, FrameDecoder decoder) except? -2
    @cython.locals(rtt="long long")
    cdef long long note_pong(self, SideLog other, FrameDecoder decoder) except? -2
    cpdef note_close(self, SideLog log, FrameDecoder decoder, bytes body, bint complete)
    cpdef begin_end(self, int side, long long time_ns, bint reset)
    cpdef oddity(self, FrameDecoder decoder, str name, str detail)
    cpdef SideLog of(self, int side)
