"""Receipts (接报): reports of other systems and of people, their life, and proposals of duplicates."""
