"""HTTP/1.1 to AWS without an SDK: signatures, a connection pool, TLS."""
