"""Rules: CEL expressions compiled, checked and evaluated over one subject. Pure."""
