cimport cython

from analyzer.packet.cursor cimport Cursor
from analyzer.packet.nflog cimport parse_nflog
from analyzer.packet.wlan cimport parse_wlan

cpdef int locate_network_layer(Cursor cursor, bytes buffer, int link_type) except -1

@cython.locals(start=cython.Py_ssize_t, kind=int)
cpdef int parse_ethernet(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, kind=int)
cdef int parse_cooked(Cursor cursor, bytes buffer, int header, int protocol_at) except -1

@cython.locals(start=cython.Py_ssize_t, family=int)
cdef int parse_loopback(Cursor cursor, bytes buffer) except -1

@cython.locals(version=int)
cpdef int parse_raw_ip(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, identifier=int)
cpdef int resolve_ethertype(Cursor cursor, bytes buffer, int kind) except -1

@cython.locals(start=cython.Py_ssize_t)
cdef int parse_llc(Cursor cursor, bytes buffer) except -1

@cython.locals(kind=int)
cdef int locate_behind_rare_link(Cursor cursor, bytes buffer, int link_type) except -1

cdef int resolve_rare_ethertype(Cursor cursor, bytes buffer, int kind) except -1

cpdef int parse_ethernet_within(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t)
cdef int parse_pppoe(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, protocol=int)
cpdef int parse_ppp(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t)
cdef int parse_ppp_or_hdlc(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, bottom=int, version=int)
cpdef int parse_mpls(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, kind=int)
cdef bint names_payload(Cursor cursor, bytes buffer, int offset) except -1
