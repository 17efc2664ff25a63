"""TLS probes, certificates, and whom a probe trusts."""
