"""The routes, one module for each domain word."""
