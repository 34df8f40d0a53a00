cimport cython

from analyzer.packet.cursor cimport Cursor
from analyzer.packet.ip cimport parse_ipv4, parse_ipv6, skip_extension_headers
from analyzer.packet.link cimport locate_network_layer, parse_raw_ip
from analyzer.packet.segment cimport Segment
from analyzer.packet.tcp cimport parse_tcp
from analyzer.packet.tunnel cimport is_udp_tunnel, parse_tunnel

@cython.final  # so that its methods are called directly
cdef class PacketDecoder:
    cdef public Segment segment
    cdef readonly object log
    cdef readonly long long tcp
    cdef readonly long long not_tcp
    cdef readonly long long undecodable
    cdef readonly long long fragments
    cdef Cursor _cursor
    cdef object _fragments

    @cython.locals(cursor=Cursor, ethertype=int)
    cpdef bint decode(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, long long original_length, int link_type, long long time_ns, long long packet) except -1
    cpdef finish(self)
    @cython.locals(protocol=int)
    cdef bint _decode_network(self, bytes buffer, int ethertype) except -1
    cdef bint _decode_transport(self, bytes buffer, int protocol) except -1
    cdef bint _decode_other(self, bytes buffer, int ethertype, int link_type) except -1
    cdef bint _count_other(self, int answer) except -1
    @cython.locals(start=cython.Py_ssize_t, kind=int)
    cdef bint _decode_tunnel(self, bytes buffer, int protocol) except -1
    @cython.locals(cursor=Cursor, protocol=int, start_new=bint, datagram=bytes)
    cdef bint _decode_fragment(self, bytes buffer) except -1
    @cython.locals(cursor=Cursor, data=bytes, ethertype=int)
    cdef bint _open(self, str layer, int number, bytes buffer) except -1
