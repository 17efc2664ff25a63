"""Any JSON or XML system over HTTP, mapped by settings: pages, cursors and rows."""
