"""The rules in force: those of the settings file and those made through the API."""
