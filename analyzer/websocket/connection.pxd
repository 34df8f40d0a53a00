cimport cython

from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.websocket.decoder cimport FrameDecoder
from analyzer.websocket.log cimport FrameLog, SideLog
from analyzer.websocket.negotiation cimport make_decoder, may_be_hybi_01

cdef class WebSocketLayer(Layer):
    # What every chunk asks for stands together, see `TcpStream`.
    cdef FrameDecoder client
    cdef FrameDecoder server
    cdef SideLog client_log
    cdef SideLog server_log
    cdef public bint undecided
    cdef public Stack stack
    cdef public FrameLog log
    cdef public long long number
    cdef public object handshake
    cdef public str seen_from
    cdef public long long first_data_at
    cdef object client_finder
    cdef object server_finder
    cdef object finished

    @cython.locals(decoder=FrameDecoder, log=SideLog)
    cpdef data(self, int side, Chunk chunk)
    cdef search(self, int side, Chunk chunk)
    cdef gap_in_search(self, int side, long long length)
    @cython.locals(log=SideLog, found=list)
    cdef go_on(self, int side, finder)
    cdef lose(self, int side, FrameDecoder decoder)
    cdef check(self, int side, FrameDecoder decoder)
    cdef decide(self, Chunk chunk)
    cdef finish_side(self, int side, FrameDecoder decoder, finder)
    cdef note_unfinished(self, FrameDecoder decoder)
    @cython.locals(decoder=FrameDecoder, log=SideLog)
    cpdef start_midstream(self, list finders)
    @cython.locals(decoder=FrameDecoder, log=SideLog)
    cdef resume(self, int side, list found, int frames, double bits)
