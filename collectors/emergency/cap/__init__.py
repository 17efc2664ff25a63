"""CAP documents over HTTP: the feed and its Atom or RSS index."""
