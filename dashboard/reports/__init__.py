"""Reports: pages in Python with figures, charts and tables over the answers of the API."""
