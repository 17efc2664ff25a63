"""Records, feeds and stores: the package that every other package may import."""
