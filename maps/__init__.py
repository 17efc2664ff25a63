"""Where things are: regions, map layers, what lies inside an area. No I/O but the committed files in maps/data."""
