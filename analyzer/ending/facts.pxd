cdef class SideFacts:
    cdef readonly object close
    cdef readonly object fin
    cdef readonly object rst
    cdef readonly long long fin_offset
    cdef readonly long long fin_acknowledged
    cdef readonly long long acknowledged
    cdef readonly bint captured
    cdef readonly bint fin_hidden
    cdef readonly bint close_hidden
    cdef readonly bint segment_hidden
    cdef readonly long long unanswered
    cdef readonly long long unanswered_since
    cdef readonly long long after_close_bytes
    cdef readonly long long last_frame_at
    cdef readonly object notified
    cdef readonly long long notify_offset
    cdef readonly long long notify_acknowledged
    cdef readonly object h2

cdef class Facts:
    cdef readonly object framing
    cdef readonly bint upgraded
    cdef readonly object status
    cdef readonly SideFacts client
    cdef readonly SideFacts server
    cdef readonly object reused_by
    cdef readonly long long answered_at
    cdef readonly long long first_at
    cdef readonly long long last_at
    cdef readonly long long shared
    cdef readonly bint refused
    cdef readonly bint cut_off
    cdef readonly bint has_close
    cdef readonly bint has_rst
    cdef readonly bint has_fin
    cdef readonly bint tcp_down
    cdef readonly bint close_hidden

    cpdef SideFacts of(self, int side)
