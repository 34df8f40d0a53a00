cimport cython

cdef class Head:
    cdef public str start_line
    cdef public long long first_at
    cdef public long long at
    cdef public long long first_packet
    cdef public long long packet
    cdef public bint cut
    cdef public bytes challenge
    cdef readonly bint is_response
    cdef readonly object status
    cdef str _rest
    cdef str _lower
    cdef dict _values

    cpdef get(self, str name)
    @cython.locals(value=str)
    cpdef bint has_token(self, str name, str token) except -1
    cdef _take_apart(self)

@cython.locals(parts=list)
cpdef status_of(str start_line)
cdef dict _joined(list fields)
cpdef Head parse_head(bytes data)
@cython.locals(fields=list, line=str, name=str, value=str, colon=cython.Py_ssize_t)
cpdef dict values_of(str text)
@cython.locals(head=Head)
cpdef parse_cut_head(bytes data)
@cython.locals(start=cython.Py_ssize_t, usual=cython.Py_ssize_t, other=cython.Py_ssize_t)
cpdef Py_ssize_t head_length(data, Py_ssize_t known=*) except -1
cpdef looks_like_head(data)
cpdef bint may_begin_message(bytes data) except -1
@cython.locals(length=str)
cpdef tuple body_framing(Head head, str request_method)
