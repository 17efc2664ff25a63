"""The demo: a simulated prefecture on loopback."""
