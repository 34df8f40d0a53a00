cimport cython

from analyzer.capture.merge cimport CaptureSet
from analyzer.capture.reader cimport PacketReader
from analyzer.packet.decoder cimport PacketDecoder
from analyzer.stream.table cimport StreamTable

cdef class Engine:
    cdef public PacketDecoder decoder
    cdef public StreamTable table
    cdef public object observer
    cdef public long long now_ns

    @cython.locals(reader=PacketReader, number="long long", done="long long")
    cpdef bint run(self, CaptureSet captures, long long limit) except -1
