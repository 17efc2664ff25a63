"""The inventory: rows, CSV files, addresses, and the membership of assets over time."""
