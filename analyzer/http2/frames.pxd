cimport cython

from analyzer.stream.layer cimport Chunk

cdef class FrameReader:
    cdef int state
    cdef Py_ssize_t matched
    cdef bytes header
    cdef public int type
    cdef public int flags
    cdef public long long stream
    cdef public long long length
    cdef public bytes body
    cdef list pieces
    cdef public bint broken
    cdef public bint misfit
    cdef public bint uncertain
    cdef public Py_ssize_t piece_start
    cdef public Py_ssize_t piece_end
    cdef public long long position
    cdef public bint started
    cdef public bint lost
    cdef public long long remaining
    cdef long long payload
    cdef bint pad_unknown

    @cython.locals(found=cython.int, whole=cython.bint)
    cpdef int take(self, Chunk chunk) except -1
    @cython.locals(length=cython.Py_ssize_t, part=bytes)
    cdef bint take_preface(self, Chunk chunk) except -1
    cdef pass_over(self, Chunk chunk, Py_ssize_t length)
    @cython.locals(have=cython.Py_ssize_t, length=cython.Py_ssize_t, header=bytes)
    cdef int take_header(self, Chunk chunk) except -1
    @cython.locals(high="long long", low="long long")
    cdef read_header(self, bytes header, Py_ssize_t start)
    cpdef want_body(self)
    cpdef want_payload(self)
    @cython.locals(length="long long")
    cdef int take_inside(self, Chunk chunk) except -1
    @cython.locals(padding="long long")
    cdef read_padding(self, Chunk chunk)
    @cython.locals(state=cython.int)
    cdef int finish_frame(self) except -1
    @cython.locals(inside="long long", payload="long long")
    cpdef long long gap(self, long long length) except -1
    cpdef lose(self)
