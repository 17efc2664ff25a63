"""What a role says of itself with every beat: what troubles it, and figures beside those of its process."""

from __future__ import annotations

from collections.abc import Callable


class RoleStatus:
    """Made once for a role's process and handed to everything in it that has something to say.

    `settings_trouble` tells that other settings run than those of the file. `figures` are added to those of
    feeds.engine.vitals.
    """

    def __init__(self) -> None:
        self.settings_trouble = ""
        self.figures: dict[str, float] = {}
        self._conditions: list[Callable[[], str]] = []

    def add_condition(self, condition: Callable[[], str]) -> None:
        """Ask `condition` with every beat for what is wrong, "" when nothing is."""
        self._conditions.append(condition)

    def clear_conditions(self) -> None:
        """Forget all conditions: the role is built anew."""
        self._conditions.clear()

    @property
    def trouble(self) -> str:
        """Everything that is wrong, for people; "" when nothing is."""
        return " ".join(filter(None, (self.settings_trouble, *(condition() for condition in self._conditions))))
