"""Whole numbers in requests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

LARGEST = 2**53 - 1
"""All readers of JSON agree upon whole numbers up to this (RFC 8259, 6). Bus and journal hold 64 bits and no more."""
Number = Annotated[int, Field(ge=0, le=LARGEST)]
"""A version, a count, a place in the log."""
