"""What flows and where it is kept: the one package that every worker knows."""
