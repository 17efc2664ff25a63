"""ICMP echo through a raw socket or through fping."""
