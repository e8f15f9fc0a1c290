"""Evidence beside a break: a file or a text that a person lays there, sealed at rest, listed with its digest, never changed.

What a file is, its content says, not its name (OWASP File Upload): PDF, PNG, JPEG or XLSX without macros, at most 5 MiB.
The audit trail holds the digest, so that nobody can say later that it was another file.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.closing import breaks
from gateway.closing.breaks import Break
from gateway.closing.breaks_act import BreakMissing
from gateway.closing.breaks_store import LARGEST, break_evidence
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.kernel.vault import Vault

LONGEST_NAME = 200
_SIGNATURES = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"))
_SHEET = {"[Content_Types].xml", "xl/workbook.xml"}  # ECMA-376, part 2


class EvidenceInvalid(Invalid):
    """Not a file that is kept here."""

    code = "break.evidence"


class EvidenceMissing(Missing):
    """The agency keeps no such evidence."""

    code = "break.evidence_missing"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece, without its content."""

    id: str
    subject: str
    media: str  # pdf | png | jpeg | xlsx | text
    size: int  # bytes
    sha256: str
    added_by: str
    added_at: datetime
    name: str = field(repr=False)


def attach(uow: UnitOfWork, agency_id: str, subject: str, name: str, content: bytes) -> str:
    """Lay a file beside a break; its id. The same content there already is the same piece. BreakMissing, EvidenceInvalid."""
    return _keep(uow, agency_id, subject, name, content, media_of(content))


def attach_text(uow: UnitOfWork, agency_id: str, subject: str, text: str) -> str:
    """The same with words, for instance what was said on the telephone. BreakMissing, EvidenceInvalid."""
    content = text.strip().encode()
    if not content:
        raise EvidenceInvalid("Chọn tệp hoặc ghi nội dung.", "Choose a file or write a text.", field="text")
    return _keep(uow, agency_id, subject, "", content, "text")


def listed(connection: sa.Connection, vault: Vault, agency_id: str, found: Break) -> list[Evidence]:
    """Everything that lies beside a break, or beside any line or payment of it, oldest first."""
    subjects = [*(f"line:{one}" for one in found.lines), *(f"payment:{one}" for one in found.payments)]
    c = break_evidence.c
    query = sa.select(*_columns()).where(own(break_evidence, agency_id), c.subject.in_(subjects)).order_by(c.id)
    return [_read(row, vault) for row in connection.execute(query)]


def content(connection: sa.Connection, vault: Vault, agency_id: str, evidence_id: str) -> tuple[Evidence, bytes]:
    """One piece as it came. EvidenceMissing."""
    mine = own(break_evidence, agency_id) & (break_evidence.c.id == evidence_id)
    row = connection.execute(sa.select(break_evidence).where(mine)).one_or_none()
    if row is None:
        raise EvidenceMissing("Không có chứng cứ này.", "There is no such evidence.", field="id")
    return _read(row, vault), vault.unseal(f"break_evidence.content.{row.id}", row.content_sealed)


def media_of(data: bytes) -> str:
    """What a file is by its content; EvidenceInvalid for anything that is not kept here."""
    for signature, media in _SIGNATURES:
        if data.startswith(signature):
            return media
    if data.startswith(b"PK") and _is_sheet(data):
        return "xlsx"
    raise EvidenceInvalid(
        "Chỉ nhận PDF, PNG, JPEG hoặc XLSX không có macro.",
        "Only PDF, PNG, JPEG, or XLSX without macros is taken.",
        field="file",
    )


def _is_sheet(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            names = set(parts.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return names >= _SHEET and not any(name.lower().endswith("vbaproject.bin") for name in names)


def _keep(uow: UnitOfWork, agency_id: str, subject: str, name: str, data: bytes, media: str) -> str:
    found = breaks.one(uow.connection, agency_id, subject, business_day(uow.now()))
    if found is None:
        raise BreakMissing("Không tìm thấy chênh lệch này.", "There is no such break.", field="subject")
    if len(data) > LARGEST:
        raise EvidenceInvalid("Tệp lớn hơn 5 MB.", "The file is larger than 5 MB.", field="file")
    evidence_id = uow.mint("evi")
    row: dict[str, Any] = {
        "id": evidence_id,
        "agency_id": agency_id,
        "subject": found.subject,
        "name_sealed": uow.vault.seal(f"break_evidence.name.{evidence_id}", (_plain(name) or media).encode()),
        "media": media,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "content_sealed": uow.vault.seal(f"break_evidence.content.{evidence_id}", data),
        "added_by": uow.actor,
        "added_at": uow.now(),
    }
    if not insert_if_new(uow.connection, break_evidence, row):
        return _known(uow.connection, agency_id, row)
    facts = {"evidence": evidence_id, "media": media, "size": row["size"], "sha256": row["sha256"]}
    uow.emit([Event(agency_id, "break.evidence", found.subject, facts)])
    return evidence_id


def _known(connection: sa.Connection, agency_id: str, row: dict[str, Any]) -> str:
    c = break_evidence.c
    same = own(break_evidence, agency_id) & (c.subject == row["subject"]) & (c.sha256 == row["sha256"])
    return str(connection.scalars(sa.select(c.id).where(same)).one())


def _plain(name: str) -> str:
    """The name without a path and without what does not print."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME]


def _columns() -> Sequence[sa.ColumnElement[Any]]:
    return [column for column in break_evidence.c if column.name != "content_sealed"]


def _read(row: sa.Row[Any], vault: Vault) -> Evidence:
    name = vault.unseal(f"break_evidence.name.{row.id}", row.name_sealed).decode()
    return Evidence(row.id, row.subject, row.media, row.size, row.sha256, row.added_by, row.added_at, name)
