"""Simulated cameras: pictures that are really encoded, an RTSP server, and a SIP device of GB/T 28181."""
