"""The till's pages, one module per desk of work."""
