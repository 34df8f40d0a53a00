# Compiled without types: it is small, and called for every connection.
