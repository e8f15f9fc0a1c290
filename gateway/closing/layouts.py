"""Mapping profiles that an agency wrote for the tables of its own bank or acquirer; tried before the product's."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from connectors.files.profile import Profile, ProfileInvalid, builtin_text, read_profile
from gateway import agencies
from gateway.access import own
from gateway.closing.bank_files import file_layout
from gateway.kernel.errors import Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new


class LayoutInvalid(Invalid):
    """The profile cannot be used; `facts["flaws"]` says where and why."""

    code = "layout.invalid"


class LayoutMissing(Missing):
    """Neither the product nor the agency has a profile of this name."""

    code = "layout.missing"


def keep_layout(uow: UnitOfWork, agency_id: str, content: str) -> Profile:
    """Keep a profile under its name, in place of one of that name. Raises AgencyMissing and LayoutInvalid."""
    agencies.require(uow.connection, agency_id)
    try:
        profile = read_profile(content)
    except ProfileInvalid as flaw:
        raise LayoutInvalid(
            "Mẫu cột không dùng được.", f"The profile cannot be used: {flaw}", field="profile", flaws=list(flaw.flaws)
        ) from None
    row = {"agency_id": agency_id, "name": profile.name, "content": content, "kept_by": uow.actor, "kept_at": uow.now()}
    if not insert_if_new(uow.connection, file_layout, row):
        same = own(file_layout, agency_id) & (file_layout.c.name == profile.name)
        uow.connection.execute(sa.update(file_layout).where(same).values(row))
    uow.emit([Event(agency_id, "layout.kept", profile.name, {"kind": profile.kind, "bank": profile.bank})])
    return profile


def layouts_of(connection: sa.Connection, agency_id: str, kind: str, only: str = "") -> Sequence[Profile]:
    """The agency's profiles of a kind, by name; or the one called `only`, the product's too. Raises LayoutMissing."""
    query = sa.select(file_layout.c.content).where(own(file_layout, agency_id)).order_by(file_layout.c.name)
    found = [read_profile(content) for content in connection.scalars(query)]
    chosen = [profile for profile in found if profile.kind == kind and only in ("", profile.name)]
    if only and not chosen:
        text = builtin_text(only)
        chosen = [profile for profile in (read_profile(text),) if profile.kind == kind] if text else []
    if only and not chosen:
        raise LayoutMissing("Không có mẫu cột này.", "There is no such profile.", field="profile")
    return chosen
