"""Plans (预案): their versions, what triggers propose, and what a confirmation issues."""
