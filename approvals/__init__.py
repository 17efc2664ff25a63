"""Approvals under electronic supervision: cases, their lights, cards and supervision orders."""
