"""The Dash app: pages, widgets, assets."""

from dashboard.component import JS_DIST as _js_dist
from dashboard.component import VERSION as __version__

__all__ = ["__version__", "_js_dist"]
