"""What the journal keeps as documents and more than one package reads: one module a kind, each with its one writer."""
