"""Pictures of cameras: decoded in a process of their own, measured, and judged against a baseline."""
