"""Emergency command: the registry of public warnings (incidents, plans and reports build on it)."""
