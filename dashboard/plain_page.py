"""Pages of plain HTML with one module each, without Dash: they work before a person may use anything else."""

from __future__ import annotations

from html import escape

from dashboard.shell import SiteLike


def plain_page(site: SiteLike, build: str, *, title: str, module: str, classes: str, body: str) -> str:
    """A whole page: `title` as text, the name of its module in built/, the classes of its body, and `body` as HTML."""
    base = f"/static/{build}"
    return f"""<!DOCTYPE html>
<html lang="{site.language}" data-language="{site.language}" data-base="{base}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{escape(title)}</title>
  <link rel="icon" href="/favicon.ico" type="image/svg+xml">
  <meta name="theme-color" content="#0e1216">
  <link rel="manifest" href="/manifest.webmanifest">
  <link rel="stylesheet" href="{base}/built/styles.css">
  <script type="module" src="{base}/built/{module}.js"></script>
</head>
<body class="{classes}">
{body}
</body>
</html>"""
