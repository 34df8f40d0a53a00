cimport cython

from analyzer.packet.cursor cimport Cursor
from analyzer.packet.link cimport parse_ethernet_within, parse_mpls, resolve_ethertype

cpdef int parse_tunnel(Cursor cursor, bytes buffer, int protocol) except -1

@cython.locals(start=cython.Py_ssize_t, port=int)
cpdef bint is_udp_tunnel(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, port=int)
cdef int parse_udp_tunnel(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, kind=int)
cdef int parse_vxlan(Cursor cursor, bytes buffer, bint extended) except -1

@cython.locals(start=cython.Py_ssize_t, length=int)
cdef int parse_geneve(Cursor cursor, bytes buffer) except -1

@cython.locals(identifier="unsigned long long")
cdef enter_identified(Cursor cursor, bytes buffer, int kind, Py_ssize_t start)

@cython.locals(start=cython.Py_ssize_t, flags=int, kind=int, length=int)
cdef int parse_gre(Cursor cursor, bytes buffer) except -1

@cython.locals(flag=int, length=int)
cdef int gre_length(int flags) except -1

@cython.locals(key="unsigned long long")
cdef enter_keyed(Cursor cursor, bytes buffer, Py_ssize_t start)

@cython.locals(start=cython.Py_ssize_t, frame=int)
cdef int parse_erspan(Cursor cursor, bytes buffer, int length) except -1

@cython.locals(version=int)
cdef int resolve_raw(Cursor cursor, bytes buffer) except -1
