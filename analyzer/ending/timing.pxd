cimport cython

from analyzer.ending.facts cimport Facts, SideFacts

@cython.locals(event="long long", client=SideFacts, server=SideFacts, closed="long long", both=cython.bint)
cpdef steps(Facts facts, tcp_connect, upgrade, last_ping_rtt, long long answered_packet)
cpdef long long end_begins_at(Facts facts) except? -1
@cython.locals(client=SideFacts, server=SideFacts)
cdef _end_begins(Facts facts)
cdef _earlier(one, other)
cdef _first_down(Facts facts, fin, other_fin)
cdef _open(Facts facts, long long event, long long packet, long long answered_packet)
cdef _since(long long start, long long event)
cdef _idle(long long last_frame_at, long long event)
