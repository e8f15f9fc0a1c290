"""The screens officers have, by role: one table for the start page and the navigation."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.officers.model import Officer, Role


@dataclass(frozen=True, slots=True)
class Screen:
    """A place in the navigation; `path` comes after the language."""

    path: str
    vi: str
    en: str
    roles: frozenset[Role]

    def name(self, language: str) -> str:
        """In the language of the page."""
        return self.vi if language == "vi" else self.en


SCREENS: tuple[Screen, ...] = ()


def screens_of(officer: Officer) -> list[Screen]:
    """Those the officer may open, in their order."""
    return [screen for screen in SCREENS if officer.may(screen.roles)]
