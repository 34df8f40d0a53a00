cimport cython

from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.tls.channel cimport Channel
from analyzer.tls.conversation cimport Conversation
from analyzer.tls.plain cimport Plaintext
from analyzer.tls.record cimport RecordReader

cdef class TlsLayer(Layer):
    cdef public Stack stack
    cdef public object session
    cdef public Plaintext plain
    cdef object _inner
    cdef object _secured
    cdef object _sealed_log
    cdef public Conversation _talk
    cdef bint _told
    cdef bint _deaf
    cdef long long _ended_at

    @cython.locals(channel=Channel, reader=RecordReader, talk=Conversation)
    cpdef data(self, int side, Chunk chunk)
    @cython.locals(channel=Channel, reader=RecordReader, at=Chunk)
    cpdef gap(self, int side, long long length, long long time_ns, long long packet)
