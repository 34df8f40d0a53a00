cimport cython

from analyzer.http2.frames cimport FrameReader
from analyzer.http2.stream cimport StreamSide, StreamStack
from analyzer.http2.windows cimport Window
from analyzer.stream.layer cimport Chunk, Layer, Stack

cdef class Http2Layer(Layer):
    cdef FrameReader _client
    cdef FrameReader _server
    cdef dict _open
    cdef list _over
    cdef Stack _stack
    cdef Chunk _chunk
    cdef object _upgrades
    cdef tuple _blocks
    cdef list _partial
    cdef object _streams
    cdef tuple _windows
    cdef StreamStack _client_stream
    cdef StreamStack _server_stream
    cdef bint _awake
    cdef bint _settled
    cdef bint _enabled
    cdef list _told_lost

    @cython.locals(reader=FrameReader, found=cython.int)
    cpdef data(self, int side, Chunk chunk)
    @cython.locals(kind=cython.int, window=Window, stream=StreamStack)
    cdef _begin(self, int side, FrameReader reader, Chunk chunk)
    @cython.locals(own=StreamSide)
    cdef _begin_data(self, int side, StreamStack stream, FrameReader reader, Chunk at)
    @cython.locals(kind=cython.int)
    cdef bint _is_wanted(self, FrameReader reader) except -1
    @cython.locals(stream=StreamStack, piece=Chunk, length=cython.Py_ssize_t)
    cdef _piece(self, int side, FrameReader reader, Chunk chunk)
    @cython.locals(stream=StreamStack)
    cdef _data_over(self, int side, FrameReader reader, Chunk chunk)
    @cython.locals(reader=FrameReader, stream=StreamStack, known=cython.bint, at=Chunk)
    cpdef gap(self, int side, long long length, long long time_ns, long long packet)
    cpdef shutdown(self, int side, long long time_ns, bint reset)
    cpdef finish(self)

cdef _fragment(FrameReader reader)
