# Compiled without types: where nothing is left out, there is a line for every connection.
