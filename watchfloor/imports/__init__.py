"""Imports: lists of devices of people and of other tools as rows of the inventory, with a preview."""
