"""Earthquake agencies: USGS GeoJSON and QuakeML, from files, feeds and FDSN event services."""
