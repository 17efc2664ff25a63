"""Network probes and listeners: one package or module per protocol."""
