"""Approval cases: facts of other systems, the case that follows from them, and their store."""
