"""The server: the request lifecycle and the parts that only it has."""
