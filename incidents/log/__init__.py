"""The duty log (值班日志): entries of people, and corrections that point to the entries that they replace."""
