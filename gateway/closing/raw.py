"""Raw files of banks and acquirers, kept before anybody tries to understand them: sealed, in pieces, once per content.

The first MiB stands in the file's own row, what follows in rows of its own, so that a file of any size passes through
little memory and no database's limit for one value.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from gateway.access import own
from gateway.closing.bank_files import bank_file_piece
from gateway.closing.store import bank_file
from gateway.kernel.clock import business_day
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.kernel.vault import Vault
from gateway.settlement.inbox import KEEP

PIECE = 1 << 20
NOT_KEPT = b"not kept"  # in place of a content that must not be

Content = bytes | Path
Opener = Callable[[], BinaryIO]


def opener(content: Content) -> Opener:
    """The file from its beginning, as often as it is asked for."""
    return (lambda: content.open("rb")) if isinstance(content, Path) else (lambda: BytesIO(content))


def digest(opened: Opener) -> str:
    """Hex SHA-256: what makes a file the same file."""
    found = hashlib.sha256()
    with opened() as file:
        for piece in _pieces(file):
            found.update(piece)
    return found.hexdigest()


def keep(uow: UnitOfWork, agency_id: str, name: str, opened: Opener) -> str:
    """Store the file, whatever its name, unless its content is there already; its digest."""
    sha256, file_id = digest(opened), uow.mint("bkf")
    with opened() as file:
        pieces = _pieces(file)
        row = {
            "id": file_id,
            "agency_id": agency_id,
            "name": name[:200],
            "sha256": sha256,
            "raw_sealed": uow.vault.seal(_place(file_id, 0), next(pieces, b"")),
            "received_at": uow.now(),
            "keep_until": business_day(uow.now() + KEEP),
        }
        if insert_if_new(uow.connection, bank_file, row):
            for position, piece in enumerate(pieces, 1):
                sealed = uow.vault.seal(_place(file_id, position), zlib.compress(piece, 1))
                more = {"file_id": file_id, "position": position, "agency_id": agency_id, "sealed": sealed}
                uow.connection.execute(sa.insert(bank_file_piece).values(more))
    return sha256


def mark(uow: UnitOfWork, agency_id: str, sha256: str, verdict: str) -> str:
    """What became of the file; its id."""
    same = own(bank_file, agency_id) & (bank_file.c.sha256 == sha256)
    uow.connection.execute(sa.update(bank_file).where(same).values(verdict=verdict))
    return str(uow.connection.execute(sa.select(bank_file.c.id).where(same)).scalar_one())


def blank(uow: UnitOfWork, agency_id: str, file_id: str) -> None:
    """Forget the content, of which only the digest stays: a file that must not be kept."""
    pieces = own(bank_file_piece, agency_id) & (bank_file_piece.c.file_id == file_id)
    uow.connection.execute(sa.delete(bank_file_piece).where(pieces))
    same = own(bank_file, agency_id) & (bank_file.c.id == file_id)
    empty = uow.vault.seal(_place(file_id, 0), NOT_KEPT)
    uow.connection.execute(sa.update(bank_file).where(same).values(raw_sealed=empty))


def content(connection: sa.Connection, vault: Vault, agency_id: str, file_id: str) -> Iterator[bytes]:
    """The file as it came, piece by piece."""
    same = own(bank_file, agency_id) & (bank_file.c.id == file_id)
    yield vault.unseal(
        _place(file_id, 0), connection.execute(sa.select(bank_file.c.raw_sealed).where(same)).scalar_one()
    )
    table = bank_file_piece
    chosen = own(table, agency_id) & (table.c.file_id == file_id)
    positions = connection.scalars(sa.select(table.c.position).where(chosen).order_by(table.c.position)).all()
    for position in positions:
        query = sa.select(table.c.sealed).where(chosen, table.c.position == position)
        yield zlib.decompress(vault.unseal(_place(file_id, position), connection.execute(query).scalar_one()))


def _place(file_id: str, position: int) -> str:
    return f"bank_file_piece.sealed.{file_id}.{position}" if position else f"bank_file.raw.{file_id}"


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
