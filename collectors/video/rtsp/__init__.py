"""RTSP: the client, SDP, RTP depacketizing, and the probe that samples a camera's stream."""
