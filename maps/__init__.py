"""Geography: regions, map layers, assets inside an area. No I/O except the committed files in maps/data."""
