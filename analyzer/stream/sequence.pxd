cimport cython

# The expression is computed in 64 bits, so that it means the same compiled and interpreted.
cpdef long long distance(long long start, long long end) noexcept
