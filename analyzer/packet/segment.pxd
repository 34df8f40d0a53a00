cdef class Segment:
    cdef public bytes buffer
    cdef public Py_ssize_t start
    cdef public Py_ssize_t end
    cdef public long long missing
    cdef public long long time_ns
    cdef public long long packet
    cdef public int ip_version
    cdef public unsigned long long source_high
    cdef public unsigned long long source_low
    cdef public unsigned long long destination_high
    cdef public unsigned long long destination_low
    cdef public unsigned int source_port
    cdef public unsigned int destination_port
    cdef public unsigned long long network
    cdef public unsigned int sequence
    cdef public unsigned int acknowledgment
    cdef public int flags
    cdef public unsigned int window
    cdef public int window_scale
    cdef public unsigned int ip_id
    cdef public int ttl
    cdef public unsigned long long fingerprint
