cimport cython

from analyzer.http.message cimport Head

cdef class OpeningHandshake:
    cdef public Head request
    cdef public Head response
    cdef public bint answer_hidden
    cdef public object record
    cdef public object hop
    cdef object _version

    @cython.locals(head=Head)
    cpdef settle(self, record, hop)
    cpdef field(self, str name)
    cpdef answer(self, str name)

cdef list _parts(value)
cpdef bint is_upgrade(Head head) except -1
cpdef str accept_of(str key)
