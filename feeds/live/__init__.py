"""The live feed of one web worker: mirror and pump."""
