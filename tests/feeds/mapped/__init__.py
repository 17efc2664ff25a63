"""Tests of mapped rows."""
