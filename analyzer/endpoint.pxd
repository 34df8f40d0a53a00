# Compiled without types: it is asked for every connection.
