"""Tasks that people hand to one another: states, actions, limits, and what was done. Pure."""
