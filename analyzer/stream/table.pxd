cimport cython

from analyzer.packet.segment cimport Segment
from analyzer.stream.bytestream cimport ByteStream
from analyzer.stream.index cimport StreamIndex
from analyzer.stream.layer cimport Chunk, Layer, Stack
from analyzer.stream.number cimport StreamNumber
from analyzer.stream.queue cimport StreamQueue
from analyzer.stream.tcpstream cimport TcpStream

cdef unsigned long long FIRST_FACTOR
cdef unsigned long long SECOND_FACTOR
cdef unsigned long long KEY_MASK
cdef unsigned long long KEY_MARK
cdef unsigned long long SALT

cdef unsigned long long mix(unsigned long long value) noexcept

@cython.locals(source="unsigned long long", destination="unsigned long long")
cpdef unsigned long long spread(Segment segment, unsigned long long salt) except? 0
cdef unsigned long long key_of(Segment segment) noexcept
cpdef int share_of(Segment segment, int count) except -1

cpdef retire(TcpStream stream)

cdef bint is_bare_syn(Segment segment) except -1

cdef class StreamTable:
    cdef public object first_layer
    cdef public object unanswered
    cdef public long long created
    cdef public object created_in
    cdef public long long latest
    cdef public long long count
    cdef public long long maximum
    cdef public long long evicted
    cdef public long long evicted_asleep
    cdef StreamIndex streams
    cdef Chunk chunk
    cdef StreamQueue asleep
    cdef StreamQueue awake
    cdef StreamQueue closing
    cdef StreamQueue graves

    @cython.locals(stream=TcpStream, head=TcpStream, key="unsigned long long")
    cpdef TcpStream push(self, Segment segment)
    @cython.locals(quiet="long long")
    cdef TcpStream still_there(self, Segment segment, unsigned long long key, TcpStream stream)
    @cython.locals(direction=cython.int)
    cdef TcpStream take_syn(self, Segment segment, unsigned long long key, TcpStream stream)
    @cython.locals(found=StreamNumber, stream=TcpStream, gone=cython.bint, newer=cython.bint)
    cdef StreamNumber number_of(self, Segment segment, unsigned long long key)
    @cython.locals(numbering=StreamNumber, stream=TcpStream, direction=cython.int, asleep=cython.bint)
    cdef TcpStream open(self, Segment segment, unsigned long long key, TcpStream old)
    @cython.locals(other=TcpStream)
    cdef pair(self, TcpStream stream, Segment segment)
    @cython.locals(other=TcpStream, near=cython.bint)
    cdef compare(self, TcpStream stream, Segment segment, unsigned long long key)
    cdef wake(self, TcpStream stream)
    cdef end(self, TcpStream stream)
    @cython.locals(head=TcpStream, row=StreamQueue)
    cdef unlink(self, unsigned long long key, TcpStream stream)
    @cython.locals(stream=TcpStream)
    cdef evict(self)
    @cython.locals(stream=TcpStream, over=list)
    cpdef expire(self, long long now_ns)
