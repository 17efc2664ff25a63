"""Alarms that devices raise themselves, on their way to the alert engine and back."""
