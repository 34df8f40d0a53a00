cdef long long WORD
cdef long long HALF

cpdef long long wrap(long long value) noexcept

# Computed in 64 bits, so that it means the same compiled and interpreted.
cpdef long long distance(long long start, long long end) noexcept
