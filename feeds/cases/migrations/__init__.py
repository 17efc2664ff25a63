"""The migrations of the store of cases."""
