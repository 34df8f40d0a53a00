cimport cython

from analyzer.packet.cursor cimport Cursor

@cython.locals(start=cython.Py_ssize_t, length=int, kind=int)
cpdef int parse_nflog(Cursor cursor, bytes buffer) except -1
