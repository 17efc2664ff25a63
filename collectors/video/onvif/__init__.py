"""ONVIF: signed SOAP calls, the camera's clock, its services and profiles, and the probe over them."""
