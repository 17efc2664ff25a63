"""Emergency feeds: one package or module per kind of source."""
