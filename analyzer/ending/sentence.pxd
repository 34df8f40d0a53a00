cimport cython

from analyzer.ending.facts cimport Facts, SideFacts
from analyzer.ending.rules cimport first_close, first_tcp_event, first_to_leave, vanished_side, was_answered
from analyzer.printable cimport duration, printable

cpdef str describe(Facts facts, kind, timing)
@cython.locals(text=str, own=SideFacts)
cdef str _around(Facts facts, str told)
cdef str _besides(Facts facts, goaway)
@cython.locals(end=_TcpMoment, told=list)
cdef _last_told(Facts facts)
cdef str _told(Facts facts, kind, timing)
cdef str _closing(Facts facts, kind, timing)
@cython.locals(text=str)
cdef str _closed_by(Facts facts, kind, timing, int side, bint certain)
@cython.locals(text=str)
cdef str _named(Facts facts, close)
cdef bint _same(one, other) except -1
@cython.locals(text=str)
cdef str _after(Facts facts, timing)
@cython.locals(end=_TcpMoment)
cdef str _bare(Facts facts, timing)
cdef str _left_tls(Facts facts, timing, who, _TcpMoment end)
cdef str _reaction(Facts facts, _TcpMoment end)
cdef str _reacted(Facts facts, side)
cdef str _resets(Facts facts, since, tuple sides)
cdef str _reset_words(SideFacts side)
cdef str _later(nanoseconds)

@cython.final
cdef class _TcpMoment:
    cdef object side
    cdef object who
    cdef object at
    cdef bint reset

@cython.locals(reset=cython.bint)
cdef _TcpMoment _tcp_moment(Facts facts)
cdef _at(moment)
cdef _sooner(one, other)
@cython.locals(end=_TcpMoment)
cdef str _tcp_end(Facts facts, since)
@cython.locals(other=SideFacts)
cdef str _vanished(Facts facts, timing)
