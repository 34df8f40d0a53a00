cimport cython

from analyzer.packet.cursor cimport Cursor
from analyzer.packet.segment cimport Segment

@cython.locals(
    start=cython.Py_ssize_t,
    end=cython.Py_ssize_t,
    header=int,
    payload=cython.Py_ssize_t,
    flags=int,
    sequence="unsigned long long",
    acknowledgment="unsigned long long",
    timestamp="unsigned long long",
    stamped="unsigned long long",
)
cpdef int parse_tcp(Cursor cursor, Segment segment, bytes buffer) except -1

@cython.locals(mask="unsigned long long", factor="unsigned long long", other="unsigned long long")
cpdef unsigned long long fingerprint_of(unsigned long long numbers, unsigned long long stamped) noexcept

@cython.locals(kind=int, length=int)
cpdef int window_scale(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1
