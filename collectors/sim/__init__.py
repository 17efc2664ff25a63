"""Simulated devices that speak their real protocols on loopback sockets. The collectors cannot know."""
