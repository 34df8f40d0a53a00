cimport cython

from analyzer.ending.facts cimport Facts, SideFacts

cpdef classify(Facts facts)
cpdef vanished_side(Facts facts)

@cython.final
cdef class CloseOrder:
    cdef readonly long long end
    cdef readonly long long acknowledged

    cpdef bint answers(self, CloseOrder other)

cpdef who_was_first(CloseOrder client, CloseOrder server, bint client_seen, bint server_seen)
cdef CloseOrder _close_order(SideFacts side)
cdef CloseOrder _fin_order(SideFacts side)
@cython.locals(client=SideFacts, server=SideFacts)
cpdef first_close(Facts facts)
@cython.locals(client=SideFacts, server=SideFacts)
cpdef first_fin(Facts facts)
cpdef first_tcp_event(Facts facts)
cdef CloseOrder _leave_order(SideFacts side)
@cython.locals(client=SideFacts, server=SideFacts)
cpdef first_to_leave(Facts facts)
cpdef who_ended(Facts facts, kind)
@cython.locals(silent=SideFacts)
cpdef was_answered(Facts facts, kind)
@cython.locals(sender=SideFacts, other=SideFacts)
cpdef was_delivered(Facts facts, int side)
cpdef was_clean(Facts facts, kind)
