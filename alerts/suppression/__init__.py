"""Why an alert is hidden: root cause, silences, maintenance windows, shelving, flapping. Pure."""
