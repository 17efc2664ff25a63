"""Tests of the leader's answers."""
