"""CAP documents over HTTP or from a folder: the feed, its indexes and the versions of its documents."""
