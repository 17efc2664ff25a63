"""The alert engine without input and output: changes, commands and time in, named transitions out."""
