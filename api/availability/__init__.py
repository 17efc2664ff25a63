"""How much of the time things worked, by asset, unit, region, kind and month."""
