"""Everything that talks to the outside, one file per protocol."""
