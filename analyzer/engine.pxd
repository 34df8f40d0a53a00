cimport cython

from analyzer.capture.merge cimport CaptureSet
from analyzer.capture.reader cimport PacketReader
from analyzer.packet.decoder cimport PacketDecoder
from analyzer.packet.segment cimport Segment
from analyzer.route cimport Router
from analyzer.stream.table cimport StreamTable

cdef class Engine:
    cdef public PacketDecoder decoder
    cdef public StreamTable table
    cdef public object observer
    cdef public list over
    cdef public object over_at
    cdef public list opened_at
    cdef public Router router
    cdef long long packet
    cdef bint sweeping
    cdef public long long now_ns
    cdef public long long tick_at

    @cython.locals(reader=PacketReader, done="long long", now_ns="long long", over=list, decoder=PacketDecoder, table=StreamTable)
    cpdef bint run(self, CaptureSet captures, long long limit) except -1
    cpdef take(self, Segment segment)
    cpdef tick(self, long long now_ns, long long packet)
