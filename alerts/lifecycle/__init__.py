"""The state machine of an alert and the set of open alerts. Pure."""
