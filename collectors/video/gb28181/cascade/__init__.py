"""Cascade upward (GB/T 28181): this site as the lower platform of another one."""
