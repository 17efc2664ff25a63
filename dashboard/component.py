"""The Dash component `Live`: an element that a panel of the browser's own code fills."""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component

# Where Dash finds the component's script. Dash reads these as attributes of the package that the component is in.
VERSION = "1"
JS_DIST = [{"relative_package_path": "assets/built/live-component.js", "namespace": "dashboard"}]


class Live(Component):
    """A live panel of a page.

    `panel` is a name in dashboard/ui/shell/panels.ts. `options` are plain values for it. `tag` is the element's HTML
    tag. The element carries `data-panel`, and `data-NAME` for each option.
    """

    _children_props: list[str] = []  # noqa: RUF012  # as Dash declares it
    _base_nodes: list[str] = []  # noqa: RUF012
    _namespace = "watchfloor"
    _type = "Live"

    def __init__(
        self,
        panel: str,
        *,
        options: dict[str, Any] | None = None,
        tag: str = "section",
        className: str = "",
        **more: Any,
    ) -> None:
        self._prop_names = ["id", "panel", "options", "tag", "className"]
        self._valid_wildcard_attributes: list[str] = []
        self.available_properties = self._prop_names
        self.available_wildcard_properties: list[str] = []
        properties = {"panel": panel, "options": options or {}, "tag": tag, "className": className}
        super().__init__(**properties, **more)  # type: ignore[no-untyped-call]  # Dash does not type it
