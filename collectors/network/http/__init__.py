"""HTTP and HTTPS probes and their checks."""
