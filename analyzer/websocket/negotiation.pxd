cimport cython

from analyzer.http.handshake cimport OpeningHandshake
from analyzer.websocket.log cimport FrameLog

cpdef long long version_number(OpeningHandshake handshake) except -1
cpdef choose_framing(OpeningHandshake handshake)
cpdef bint may_be_hybi_01(OpeningHandshake handshake) except -1
@cython.locals(extensions=list)
cpdef make_decoder(int side, FrameLog log, OpeningHandshake handshake)
cdef _frame_decoder(int side, FrameLog log, OpeningHandshake handshake, list extensions)
