"""Records as API answers: what is shown to whom."""
