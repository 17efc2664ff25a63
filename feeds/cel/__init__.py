"""The CEL language: syntax tree, type check, and the names that an expression uses. Pure."""
