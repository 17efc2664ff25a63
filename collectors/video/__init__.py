"""Video feeds: cameras, recorders and platforms, one package per protocol."""
