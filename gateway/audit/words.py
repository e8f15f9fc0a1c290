"""The audit trail in two languages: what each kind of leaf says to an inspector, and who it says did it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

Sentences = tuple[str, str]  # Vietnamese, English

HAPPENED: Mapping[str, Sentences] = MappingProxyType(
    {kind: (vi, en) for kind, (vi, en) in json.loads(files(__package__).joinpath("happened.json").read_bytes()).items()}
)

ACTORS: Mapping[str, Sentences] = MappingProxyType(
    {
        "worker": ("Hệ thống (tự động)", "The system (automatic)"),
        "payer": ("Người nộp", "The payer"),
        "cli": ("Quản trị viên tại máy chủ", "An administrator at the server"),
        "login": ("Cửa đăng nhập", "The login door"),
        "demo": ("Dữ liệu mẫu", "Sample data"),
    }
)

ROLES: Mapping[str, Sentences] = MappingProxyType(
    {
        "key": ("Hệ thống có khóa API", "The system with API key"),
        "connector": ("Kết nối", "Connector"),
        "officer": ("Cán bộ", "Officer"),
    }
)


def happened(kind: str) -> Sentences:
    """The sentence of a kind; the kind itself where it has none."""
    return HAPPENED.get(kind, (kind, kind))


def acted(actor: str, names: Mapping[str, str]) -> Sentences:
    """Who did it; `names` are officers by actor."""
    if actor in names:
        return names[actor], names[actor]
    if actor in ACTORS:
        return ACTORS[actor]
    role, separator, name = actor.partition(":")
    if separator and role in ROLES:
        vi, en = ROLES[role]
        return f"{vi} {name}", f"{en} {name}"
    return actor, actor
