"""Links that open a bank's app on the payer's phone, as vietqr.io offers them (`dl.vietqr.io/pay`): data of the agency.

Off unless an agency turns them on: whoever runs the address learns account, amount and memo. The table says since when
an app fills the transfer in; the others only open, so the copy buttons and the saved picture stay beside the links.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from connectors.vietqr.banks import bank

PLACES = frozenset({"app", "account", "bank", "bin", "amount", "memo", "holder", "return_url"})

_APP = re.compile("[a-z0-9_-]{1,32}")
_MONTH = re.compile("20[0-9]{2}-(0[1-9]|1[0-2])")


class LinksUnreadable(ValueError):
    """An agency's table of links cannot be used; `field` says what of it."""

    kind: ClassVar[str] = "invalid"
    code: ClassVar[str] = "vietqr.links_unreadable"

    def __init__(self, field: str) -> None:
        super().__init__(f"the table of bank apps cannot be read: {field}")
        self.field = field


@dataclass(frozen=True, slots=True)
class App:
    """A bank's app. `fills_since` is the first day of the month since when it fills the transfer in, None: it opens."""

    app: str  # what the address calls it
    name: str
    bin: str
    fills_since: date | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """What an agency has decided. Without any decision there are none."""

    enabled: bool = False
    pattern: str = ""
    apps: tuple[App, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What the app is to fill in; `amount` in đồng."""

    bin: str
    account: str = field(repr=False)
    holder: str = field(repr=False)
    amount: int
    memo: str = field(repr=False)
    return_url: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One link to show; `fills`: the app fills the transfer in."""

    name: str
    bin: str
    url: str = field(repr=False)
    fills: bool


@cache
def listed() -> Links:
    """The table as shipped, turned off."""
    return of(json.loads(files(__package__).joinpath("apps.json").read_text(encoding="utf-8")))


def of(table: Mapping[str, Any]) -> Links:
    """An agency's own decision: `{"enabled", "pattern"?, "apps"?: [{"app","name","bin","fills_since"?}]}`.

    What it leaves out is as shipped. Raises LinksUnreadable.
    """
    if unknown := set(table) - {field.name for field in fields(Links)}:
        raise LinksUnreadable(min(unknown))
    enabled = table.get("enabled", False)
    if not isinstance(enabled, bool):
        raise LinksUnreadable("enabled")
    pattern = _pattern(table["pattern"]) if "pattern" in table else listed().pattern
    apps = _apps(table["apps"]) if "apps" in table else listed().apps
    return Links(enabled, pattern, apps)


def links(decided: Links, transfer: Transfer, on: date) -> tuple[Link, ...]:
    """The links for one transfer, those that fill it in first; none where the agency has not turned them on."""
    if not decided.enabled:
        return ()
    found = [_link(decided.pattern, app, transfer, on) for app in decided.apps]
    return tuple(sorted(found, key=lambda link: not link.fills))


def _link(pattern: str, app: App, transfer: Transfer, on: date) -> Link:
    known = bank(transfer.bin)
    values = {
        "app": app.app,
        "account": transfer.account,
        "bank": known.code.lower() if known else transfer.bin,
        "bin": transfer.bin,
        "amount": str(transfer.amount),
        "memo": transfer.memo,
        "holder": transfer.holder,
        "return_url": transfer.return_url,
    }
    url = pattern.format_map({name: quote(value, safe="") for name, value in values.items()})
    return Link(app.name, app.bin, url, app.fills_since is not None and app.fills_since <= on)


def _pattern(text: object) -> str:
    """An https address whose host is fixed: no value may choose where the payer is sent."""
    if not isinstance(text, str):
        raise LinksUnreadable("pattern")
    try:
        places = [(name, form, turn) for _, name, form, turn in Formatter().parse(text) if name is not None]
        address = urlsplit(text)
    except ValueError:
        raise LinksUnreadable("pattern") from None
    if any(name not in PLACES or form or turn for name, form, turn in places):
        raise LinksUnreadable("pattern")
    if address.scheme != "https" or not address.netloc or set("{}@") & set(address.netloc):
        raise LinksUnreadable("pattern")
    return text


def _apps(rows: object) -> tuple[App, ...]:
    if not isinstance(rows, list):
        raise LinksUnreadable("apps")
    return tuple(_app(row, f"apps[{number}]") for number, row in enumerate(rows))


def _app(row: object, where: str) -> App:
    if not isinstance(row, dict) or not {"app", "name", "bin"} <= row.keys() <= {field.name for field in fields(App)}:
        raise LinksUnreadable(where)
    texts = (row["app"], row["name"], row["bin"])
    if not all(isinstance(text, str) for text in texts) or not _APP.fullmatch(row["app"]) or not row["name"].strip():
        raise LinksUnreadable(where)
    if not re.fullmatch("[0-9]{6}", row["bin"]):
        raise LinksUnreadable(f"{where}.bin")
    return App(*texts, _month(row.get("fills_since"), f"{where}.fills_since"))


def _month(text: object, where: str) -> date | None:
    if text is None:
        return None
    if not isinstance(text, str) or not _MONTH.fullmatch(text):
        raise LinksUnreadable(where)
    return date.fromisoformat(f"{text}-01")
