cdef class TlsSide:
    cdef public long long records
    cdef public long long opened
    cdef public long long undecryptable
    cdef public long long missing
    cdef public long long key_updates
    cdef public list alerts
    cdef public object close_notify
    cdef public bint cut
    cdef public bint unread
    cdef public bint ended
