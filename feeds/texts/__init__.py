"""Texts that people read, in Chinese and English."""
