"""Lists and details of every kind of record, made from `feeds.kinds`."""
