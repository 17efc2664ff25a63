"""Exercises (演练): injects by the clock of the exercise, their participants, and their domain."""
