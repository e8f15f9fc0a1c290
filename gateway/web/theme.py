"""How an agency's pages look and what they offer: its short name, two colours, its logo, and links to banks' apps.

Colours must keep 4.5:1 against the papers they meet (WCAG 2.2, 1.4.3), so a theme can never make a page unreadable.
The logo is drawn anew from its pixels: nothing of the uploaded file itself is ever served.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.agencies import require
from gateway.kernel.canonical import fingerprint
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Invalid
from gateway.kernel.uow import UnitOfWork
from gateway.web import colour, logo

__all__ = ["metadata"]

ACCENT, BAND = "#0b4f8f", "#b3261e"
agency_theme = sa.Table(
    "agency_theme",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("accent", sa.Text, nullable=False),
    sa.Column("band", sa.Text, nullable=False),
    sa.Column("logo", sa.LargeBinary),
    sa.Column("bank_links", sa.Boolean, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
)
_SEEN = [agency_theme.c[name] for name in ("agency_id", "name", "accent", "band", "bank_links", "version")]


class ThemeInvalid(Invalid):
    """A colour nobody could read, or a logo that is none."""

    code = "theme.invalid"


@dataclass(frozen=True, slots=True)
class Theme:
    """What a page needs of it. Colours as `#rrggbb`."""

    agency_id: str
    name: str
    accent: str = ACCENT
    band: str = BAND
    bank_links: bool = False  # whether the pay page offers banks' apps: a third party then sees the amount
    version: str = ""  # of what is stored; empty for an agency without a theme of its own
    has_logo: bool = False

    @property
    def css_url(self) -> str:
        """The address of its colours, or nothing where they are the house's own."""
        return f"/theme/{self.agency_id}/{self.version}.css" if self.version else ""

    @property
    def logo_url(self) -> str:
        return f"/theme/{self.agency_id}/{self.version}.png" if self.has_logo else ""

    @property
    def css(self) -> str:
        """The tokens a theme may set."""
        dark, soft = colour.mixed(self.accent, "#000000", 25), colour.mixed(self.accent, "#ffffff", 91)
        return (
            f":root {{\n  --accent: {self.accent};\n  --accent-dark: {dark};\n"
            f"  --accent-soft: {soft};\n  --band: {self.band};\n}}\n"
        )


@dataclass(frozen=True, slots=True)
class ThemeChange:
    """What to change; None leaves a thing as it is. `logo` is a PNG, JPEG or WebP file, empty to take it away."""

    name: str | None = None
    accent: str | None = None
    band: str | None = None
    logo: bytes | None = field(default=None, repr=False)
    bank_links: bool | None = None


def of(connection: sa.Connection, agency_id: str) -> Theme:
    """The agency's theme, or its name in the house's own colours. AgencyMissing."""
    query = sa.select(*_SEEN, agency_theme.c.logo.is_not(None).label("has_logo")).where(own(agency_theme, agency_id))
    row = connection.execute(query).one_or_none()
    return Theme(**row._mapping) if row else Theme(agency_id, require(connection, agency_id).name)


def change(uow: UnitOfWork, agency_id: str, asked: ThemeChange) -> Theme:
    """Keep a theme. ThemeInvalid names the field, AgencyMissing."""
    old = of(uow.connection, agency_id)
    row: dict[str, Any] = {
        "name": _name(asked.name) if asked.name is not None else old.name,
        "accent": _colour(asked.accent, "accent") if asked.accent is not None else old.accent,
        "band": _colour(asked.band, "band") if asked.band is not None else old.band,
        "bank_links": asked.bank_links if asked.bank_links is not None else old.bank_links,
    }
    picture = _logo(asked.logo) if asked.logo is not None else _stored_logo(uow.connection, agency_id)
    row["version"] = fingerprint([row, (picture or b"").hex()])[:12]
    row |= {"logo": picture, "updated_at": uow.now()}
    if old.version:
        uow.connection.execute(sa.update(agency_theme).where(own(agency_theme, agency_id)).values(**row))
    else:
        uow.connection.execute(sa.insert(agency_theme).values(agency_id=agency_id, **row))
    return of(uow.connection, agency_id)


def file(connection: sa.Connection, agency_id: str, version: str, kind: str) -> bytes | None:
    """The colours (`css`) or the logo (`png`) under the address a page names; None for any other."""
    here = sa.select(*_SEEN, agency_theme.c.logo).where(own(agency_theme, agency_id), agency_theme.c.version == version)
    row = connection.execute(here).one_or_none()
    if row is None:
        return None
    if kind == "png":
        return None if row.logo is None else bytes(row.logo)
    return Theme(**{name: row._mapping[name] for name in ("agency_id", "name", "accent", "band")}).css.encode()


def _name(text: str) -> str:
    told = " ".join(text.split())
    if not 1 <= len(told) <= 80 or not told.isprintable():
        raise ThemeInvalid("Tên hiển thị dài 1 đến 80 ký tự.", "A name has 1 to 80 characters.", field="name")
    return told


def _colour(text: str, name: str) -> str:
    found = colour.read(text)
    if found is None:
        raise ThemeInvalid("Màu viết dạng #rrggbb.", "A colour is written #rrggbb.", field=name)
    ratio = colour.least_contrast(found)
    if ratio < colour.LEAST_CONTRAST:
        raise ThemeInvalid(
            f"Màu {found} chỉ tương phản {ratio:.2f}:1, cần ít nhất 4.5:1.",
            f"The colour {found} has a contrast of {ratio:.2f}:1; 4.5:1 is needed.",
            field=name,
        )
    return found


def _logo(data: bytes) -> bytes | None:
    if not data:
        return None
    picture = logo.drawn(data)
    if picture is None:
        raise ThemeInvalid(
            "Logo phải là ảnh PNG, JPEG hoặc WebP, tối đa 1 MB.",
            "A logo is a PNG, JPEG or WebP of up to 1 MB.",
            field="logo",
        )
    return picture


def _stored_logo(connection: sa.Connection, agency_id: str) -> bytes | None:
    found = connection.execute(sa.select(agency_theme.c.logo).where(own(agency_theme, agency_id))).scalar_one_or_none()
    return None if found is None else bytes(found)
