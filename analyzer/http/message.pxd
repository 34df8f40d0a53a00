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
    cdef dict _values

    @cython.locals(values=dict)
    cpdef get(self, str name)
    cpdef forget(self)
    @cython.locals(value=str)
    cpdef bint has_token(self, str name, str token) except -1

@cython.locals(parts=list)
cpdef status_of(str start_line)
@cython.locals(text=str, end=cython.Py_ssize_t)
cpdef Head parse_head(bytes data)
@cython.locals(values=dict, size=cython.Py_ssize_t, before=str, value=str, name=str, end=cython.Py_ssize_t, first=cython.Py_UCS4, colon=cython.Py_ssize_t)
cpdef dict values_of(str text, Py_ssize_t start=*)
@cython.locals(name=str, lower=str)
cpdef str field_name(str written)
@cython.locals(found=str)
cpdef str shared(str value)
@cython.locals(head=Head)
cpdef parse_cut_head(bytes data)
@cython.locals(start=cython.Py_ssize_t, usual=cython.Py_ssize_t, other=cython.Py_ssize_t)
cpdef Py_ssize_t head_length(data, Py_ssize_t known=*) except -1
cpdef looks_like_head(data)
cpdef bint may_begin_message(bytes data) except -1
@cython.locals(length=str)
cpdef tuple body_framing(Head head, str request_method)
