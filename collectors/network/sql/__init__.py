"""SQL databases: one probe, one module per database protocol."""
