"""The Dash app: pages, widgets, assets."""
