cimport cython

from analyzer.packet.cursor cimport Cursor

@cython.locals(padded=int)
cpdef int parse_wlan(Cursor cursor, bytes buffer, bint radiotap) except -1

@cython.locals(start=cython.Py_ssize_t, flags=int, length=int, aggregate=int)
cdef int parse_data_frame(Cursor cursor, bytes buffer, int padded) except -1

cdef bint is_data(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, length=int, field=cython.Py_ssize_t)
cdef int skip_radiotap(Cursor cursor, bytes buffer) except -1

@cython.locals(start=cython.Py_ssize_t, end=cython.Py_ssize_t)
cdef int enter_aggregate(Cursor cursor, bytes buffer) except -1
