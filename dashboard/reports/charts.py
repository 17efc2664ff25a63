"""The look of charts: dark, grey while normal, saturated only for what is wrong; as in ui/styles/app.css."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

TEXT, QUIET, LINE, GROUND = "#d5dce3", "#8794a1", "#222b33", "#0e1216"
NORMAL, DEGRADED, DOWN, UNKNOWN, SELECTION = "#7d8d9b", "#f2a33c", "#ff5a5f", "#56636f", "#6fa8dc"
SERIES = ("#d5dce3", "#6fa8dc", "#8fbf9a", "#c9a6e0", "#d9c27c", "#8fd0d0", "#e0a68f", "#9fb0bf")
"""Lines of several assets. None is a colour of a severity or of a health."""
FONT = '"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif'
DATES = [
    {"dtickrange": [None, 60_000], "value": "%H:%M:%S"},
    {"dtickrange": [60_000, 86_400_000], "value": "%H:%M\n%m-%d"},
    {"dtickrange": [86_400_000, None], "value": "%m-%d"},
]
CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True, "doubleClick": "reset", "scrollZoom": False}


def figure(*traces: Any, **layout: Any) -> go.Figure:
    """A figure with the house's look; `layout` goes over it, `xaxis` and `yaxis` are merged with the look's."""
    axis = {
        "gridcolor": "#1c242b",
        "linecolor": "#2b3640",
        "zeroline": False,
        "tickcolor": "#2b3640",
        "automargin": True,
    }
    base: dict[str, Any] = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 12, "color": QUIET},
        "margin": {"l": 8, "r": 14, "t": 8, "b": 8},
        "showlegend": False,
        "hoverlabel": {"bgcolor": "#0b0e11", "bordercolor": "#37444f", "font": {"family": FONT, "color": TEXT}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "bargap": 0.3,
    }
    axes = {name: axis | layout.pop(name, {}) for name in ("xaxis", "yaxis")}
    # Plotly's own template is large and bright, and would travel with every figure.
    return go.Figure(data=list(traces), layout=base | axes | {"template": None} | layout)
