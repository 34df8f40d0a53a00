cimport cython

from analyzer.http.handshake cimport OpeningHandshake, is_upgrade
from analyzer.http.message cimport Head, looks_like_head
from analyzer.http.reader cimport MessageReader
from analyzer.stream.bytestream cimport ByteStream
from analyzer.stream.layer cimport Chunk, Layer, Stack

cdef class HttpLayer(Layer):
    cdef Stack _stack
    cdef object _upgrades
    cdef tuple _readers
    cdef list _methods
    cdef OpeningHandshake _asked
    cdef long long _asked_number
    cdef Py_ssize_t _before_asked
    cdef tuple _refused
    cdef list _held
    cdef long long _held_bytes
    cdef bint _answer_lost
    cdef bint _no_head_yet
    cdef Head _cut_request
    cdef str _settings
    cdef list _ends
    cdef Head _connect
    cdef list _refusals

    @cython.locals(reader=MessageReader, head=Head)
    cpdef data(self, int side, Chunk chunk)
    @cython.locals(server=ByteStream)
    cdef bint _may_read(self, int side, Chunk chunk) except -1
    cdef MessageReader _reader(self, int side)
    @cython.locals(server=ByteStream)
    cdef bint _may_read_on(self, int side, Chunk chunk) except -1
    cdef _take_connect(self, Head head)
    @cython.locals(stack=Stack, request=Head)
    cdef _tunnel(self, Head response)
    cdef _pass_on(self, int side, Chunk chunk)
    cdef int _take_head(self, int side, Head head) except -1
    cdef _note_request(self, Head head)
    cdef _take_response(self, Head head)
    cdef _answered(self)
    cdef _take_switch(self, Head head)
    @cython.locals(first=cython.bint)
    cdef bint _may_be_http2(self, MessageReader reader, Chunk chunk) except -1
    @cython.locals(layer=Layer)
    cdef _switch_to_http2(self, int known)
    cdef _switch_to_tls(self)
    cdef _ask(self, Head request)
    @cython.locals(handshake=OpeningHandshake)
    cdef _refuse(self, Head head)
    @cython.locals(handshake=OpeningHandshake)
    cdef _pass_over_answer(self)
    cdef _settle_refused(self, bint last)
    @cython.locals(handshake=OpeningHandshake, layer=Layer)
    cdef _accept(self, bint hidden=*)
    cdef _hold(self, Chunk chunk)
    @cython.locals(held=list, top=Layer)
    cdef _release(self)
    @cython.locals(head=Head)
    cpdef gap(self, int side, long long length, long long time_ns, long long packet)
    cdef bint _take_cut(self, int side, Head head) except -1
    cpdef shutdown(self, int side, long long time_ns, bint reset)
    @cython.locals(top=Layer)
    cpdef finish(self)
    @cython.locals(server=ByteStream)
    cdef bint _answer_is_hidden(self) except -1
    @cython.locals(handshake=OpeningHandshake)
    cdef _give_up(self)

cdef bint _may_be_response(Chunk chunk) except -1
