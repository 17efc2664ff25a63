"""The inventory: rows, CSV files, addresses, and who belonged to it when."""
