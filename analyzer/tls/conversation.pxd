cimport cython

from analyzer.stream.layer cimport Chunk, Stack
from analyzer.tls.channel cimport Channel
from analyzer.tls.opener cimport Opener
from analyzer.tls.plain cimport Plaintext
from analyzer.tls.record cimport RecordReader

cdef class Conversation:
    cdef public object session
    cdef public Plaintext plain
    cdef public bint over
    cdef public Channel client
    cdef public Channel server
    cdef public object _schedule
    cdef Stack _stack
    cdef object _log
    cdef object _sealed_log
    cdef bint _is_13
    cdef bint _found
    cdef bint _hopeless
    cdef bint _patient

    @cython.locals(kind=cython.int)
    cpdef record(self, Channel channel, RecordReader reader, Chunk at)
    cdef bint _is_sealed(self, Channel channel, int kind) except -1
    @cython.locals(kind=cython.int, plain=bytes, length=cython.Py_ssize_t)
    cdef _open(self, Channel channel, bytes header, bytes body, Chunk at)
    @cython.locals(place=cython.Py_ssize_t, level=cython.int, description=cython.int)
    cdef _content(self, Channel channel, int kind, bytes data, Chunk at)
