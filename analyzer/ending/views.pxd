cimport cython

from analyzer.ending.facts cimport Facts, SideFacts
from analyzer.ending.rules cimport first_close, vanished_side, was_delivered
from analyzer.websocket.close cimport invalid_utf8_at
from analyzer.websocket.registry cimport is_legal_close_code

@cython.locals(sent=SideFacts)
cpdef view_of(Facts facts, kind, int side)
@cython.locals(own=SideFacts, other=SideFacts)
cdef bint _may_not_know(Facts facts, int side) except -1
cdef bint _upgrade_is_over(Facts facts) except -1
@cython.locals(own=object, certain=object)
cdef _view_of_received(Facts facts, int side, close)
@cython.locals(bad_code=cython.bint)
cdef bint _is_illegal(close) except -1
@cython.locals(own=SideFacts)
cdef _clean_at(Facts facts, int side)
cdef bint _answer_may_have_gone(Facts facts, int side) except -1
cdef _coded(Facts facts, view)
