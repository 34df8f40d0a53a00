cpdef str close_code_title(long long code)
cpdef bint is_legal_close_code(long long code) except -1
