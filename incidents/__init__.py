"""Emergency command: the life of warnings; incidents and their tasks."""
