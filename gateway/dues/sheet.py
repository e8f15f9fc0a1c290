"""A strict reader of JSON data files: every flaw is named by its path, in both languages, and none stops the others.

After RFC 8259, narrowed: keys are unique, unknown keys are flaws (a mistyped key must not silently change a tariff),
and a number with a fraction stays text, so that no float ever comes near money.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway.kernel.money import MAX_AMOUNT

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing to mend, where it stands."""

    path: str
    vi: str
    en: str

    def __str__(self) -> str:
        return f"{self.path}: {self.en}"


def document(data: bytes) -> Any:
    """The JSON in `data`; ValueError says in one sentence why there is none."""
    try:
        return json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_float=str, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


class Sheet:
    """One JSON object being read; what was not asked for by the end is a flaw."""

    def __init__(self, value: Any, path: str, flaws: list[Flaw]) -> None:
        self.path = path
        self.flaws = flaws
        self._data: dict[str, Any] = value if isinstance(value, dict) else {}
        self._seen: set[str] = set()
        if not isinstance(value, dict):
            flaws.append(Flaw(path, "phải là một đối tượng JSON", "must be a JSON object"))

    def has(self, key: str) -> bool:
        """Whether `key` stands here with a value other than null."""
        return self._data.get(key) is not None

    def flaw(self, key: str, vi: str, en: str) -> None:
        """Name a flaw of `key` (of the object itself when empty)."""
        self.flaws.append(Flaw(".".join(part for part in (self.path, key) if part), vi, en))

    def skip(self, *keys: str) -> None:
        """These keys are known, and kept in the document as they are."""
        self._seen.update(keys)

    def text(self, key: str, *, required: bool = False) -> str:
        value = self._take(key)
        if value is None or value == "":
            if required:
                self.flaw(key, "thiếu", "is missing")
            return ""
        if not isinstance(value, str) or value != value.strip():
            self.flaw(key, "phải là văn bản, không có khoảng trắng thừa", "must be text without outer spaces")
            return ""
        return value

    def choice(self, key: str, allowed: Iterable[str], *, default: str = "") -> str:
        """One of `allowed`, whatever its case; a missing value without a default is a flaw."""
        options = list(allowed)
        value = self.text(key, required=not default)
        if not value or value.lower() in options:
            return value.lower() or default or options[0]
        self.flaw(key, f"phải là một trong: {', '.join(options)}", f"must be one of: {', '.join(options)}")
        return default or options[0]

    def whole(self, key: str, *, required: bool = False, least: int = 0, most: int = MAX_AMOUNT) -> int | None:
        value = self._take(key)
        if value is None:
            if required:
                self.flaw(key, "thiếu", "is missing")
            return None
        if type(value) is not int or not least <= value <= most:
            self.flaw(key, f"phải là số nguyên từ {least} đến {most}", f"must be a whole number from {least} to {most}")
            return None
        return value

    def figure(self, key: str) -> int | str:
        """A number as it stands: whole, or the text of one with a fraction; empty when there is none."""
        value = self._take(key)
        return value if type(value) in (int, str) else ""

    def day(self, key: str) -> date | None:
        value = self._take(key)
        if value is None:
            return None
        try:
            if not isinstance(value, str) or not _DAY.fullmatch(value):
                raise ValueError
            return date.fromisoformat(value)
        except ValueError:
            self.flaw(key, "phải là ngày dạng YYYY-MM-DD", "must be a day written YYYY-MM-DD")
            return None

    def flag(self, key: str) -> bool:
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            self.flaw(key, "phải là true hoặc false", "must be true or false")
        return value is True

    def texts(self, key: str) -> list[str]:
        return [value for position, value in enumerate(self._list(key)) if self._is_text(f"{key}[{position}]", value)]

    def sheet(self, key: str) -> Sheet:
        """The object under `key`, which the caller reads and closes."""
        value = self._take(key)
        return Sheet({} if value is None else value, f"{self.path}.{key}".lstrip("."), self.flaws)

    def sheets(self, key: str) -> list[Sheet]:
        """The objects listed under `key`."""
        prefix = f"{self.path}.{key}".lstrip(".")
        return [Sheet(value, f"{prefix}[{n}]", self.flaws) for n, value in enumerate(self._list(key))]

    def close(self) -> None:
        """Every key left unread is unknown."""
        for key in self._data:
            if key not in self._seen:
                self.flaw(key, "không thuộc cấu trúc này", "is not a known key here")

    def _take(self, key: str) -> Any:
        self._seen.add(key)
        return self._data.get(key)

    def _list(self, key: str) -> list[Any]:
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.flaw(key, "phải là một danh sách", "must be a list")
            return []
        return value

    def _is_text(self, key: str, value: Any) -> bool:
        if isinstance(value, str) and value.strip():
            return True
        self.flaw(key, "phải là văn bản", "must be text")
        return False
