cimport cython

cdef bytes PLACES

cdef class Head:
    cdef public str start_line
    cdef public long long first_at
    cdef public long long at
    cdef public long long first_packet
    cdef public long long packet
    cdef public bint cut
    cdef public bytes challenge
    cdef readonly bint is_response
    cdef readonly str method
    cdef readonly object status
    cdef dict _values

    @cython.locals(values=dict)
    cpdef get(self, str name)
    cpdef forget(self)
    @cython.locals(value=str)
    cpdef bint has_token(self, str name, str token) except -1

@cython.locals(space=cython.Py_ssize_t)
cdef Py_ssize_t _word(str line) except -1
@cython.locals(parts=list, digits=str)
cpdef status_of(str start_line)
cpdef Head parse_head(bytes data)
@cython.locals(end=cython.Py_ssize_t, stop=cython.Py_ssize_t)
cpdef Head head_of(str text)
@cython.locals(values=dict, size=cython.Py_ssize_t, before=str, value=str, name=str, end=cython.Py_ssize_t, first=cython.Py_UCS4, colon=cython.Py_ssize_t)
cpdef dict values_of(str text, Py_ssize_t start=*)
@cython.locals(first=cython.Py_ssize_t, last=cython.Py_ssize_t, length=cython.Py_ssize_t)
cdef bint _may_be_asked(str text, Py_ssize_t start, Py_ssize_t colon) except -1
cdef str _trimmed(str text, Py_ssize_t start, Py_ssize_t end)
@cython.locals(name=str, lower=str)
cpdef str field_name(str written)
@cython.locals(found=str)
cpdef str shared(str value)
@cython.locals(head=Head)
cpdef parse_cut_head(bytes data)
@cython.locals(start=cython.Py_ssize_t, usual=cython.Py_ssize_t, other=cython.Py_ssize_t)
cpdef Py_ssize_t head_length(str text, Py_ssize_t known=*) except -1
@cython.locals(space=cython.Py_ssize_t, newline=cython.Py_ssize_t)
cpdef looks_like_head(str text)
@cython.locals(common=str, place=cython.Py_ssize_t)
cdef bint _is_method(str text, Py_ssize_t length) except -1
@cython.locals(common=str)
cpdef bint may_begin_message(str text) except -1
@cython.locals(coding=str, told=str, length=str, status=object)
cpdef tuple body_framing(Head head, str request_method)
