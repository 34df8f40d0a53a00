cimport cython

from analyzer.packet.cursor cimport Cursor
from analyzer.packet.segment cimport Segment

@cython.locals(
    start=cython.Py_ssize_t,
    header=int,
    total="long long",
    protocol=int,
    address="unsigned long long",
    fragment=int,
)
cpdef int parse_ipv4(Cursor cursor, Segment segment, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, length=int, protocol=int)
cpdef int parse_ipv6(Cursor cursor, Segment segment, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, inner=int, fragment=int, length="long long")
cpdef int skip_extension_headers(Cursor cursor, bytes buffer, int protocol) except -1

@cython.locals(fragment=int, identification="unsigned long long")
cdef describe_fragment(Cursor cursor, bytes buffer, Py_ssize_t start, int protocol)

cdef narrow(Cursor cursor, long long end)

@cython.locals(high="unsigned long long", low="unsigned long long")
cdef unsigned long long read_64(bytes buffer, Py_ssize_t start) except? 0
