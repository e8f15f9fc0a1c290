"""Sign what is numbered, then make the PDF of what is signed: in batches, in the worker, which alone holds the keys.

A numbered receipt is signed or the system shouts: a failure is logged and counted, and tried again at the next round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment
from gateway.kernel.vault import SealBroken
from receipts import sign, store, token, xml
from receipts.keys import FileSigner, Signer, TokenKey, file_signer
from receipts.model import ReceiptError, Replaced

BATCH = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The agency's seal and the key of the printed token."""

    signer: Signer
    token: TokenKey
    demo: bool = False


def load_keys(directory: Path) -> SigningKeys:
    """From `signer.key`, `signer.pem` and `token.key`. Raises KeyUnusable."""
    signer: FileSigner = file_signer(directory / "signer.key", directory / "signer.pem")
    return SigningKeys(signer, TokenKey.from_pem(directory / "token.key"), demo="DEMO" in signer.subject)


def sign_waiting(
    environment: Environment, keys: SigningKeys, *, limit: int = BATCH, failed: set[str] | None = None
) -> int:
    """Sign up to `limit` receipts, oldest first; how many became signed. Those in `failed` are passed over."""
    stuck = set() if failed is None else failed
    with environment.read() as connection:
        rows = [row for row in store.unsigned(connection, limit + len(stuck)) if row.id not in stuck]
        replaced = store.replaced_of_all(connection, [row.id for row in rows])
    now = environment.clock()
    tried = {row.id: _signed(environment, keys, row, now, replaced.get(row.id)) for row in rows}
    signed = {receipt_id: data for receipt_id, data in tried.items() if data is not None}
    stuck.update(row.id for row in rows if row.id not in signed)
    if not signed:
        return 0
    with environment.begin(actor="worker") as uow:
        won = store.save_all_signed(uow.connection, signed, now, environment.vault)
        uow.emit(_event(row) for row in rows if row.id in won)
    return len(won)


def _signed(
    environment: Environment, keys: SigningKeys, row: sa.Row[Any], now: datetime, replaces: Replaced | None
) -> bytes | None:
    try:
        facts = store.load_facts(row, environment.vault)
        data = xml.data_element(
            facts,
            form=row.form,
            symbol=row.symbol,
            number=row.number,
            lookup_code=row.lookup_code,
            token_public_key=keys.token.public_base64,
            replaces=replaces,
        )
        said = token.TokenFacts(
            tax_code=facts.org.tax_code,
            form=row.form,
            symbol=row.symbol,
            number=row.number,
            day=row.day,
            amount=row.amount,
            digest=sign.digest(data),
        )
        qr = token.printed(environment.settings.base_url, token.make(said, keys.token))
        return sign.sign(data, signer=keys.signer, signed_at=now, qr=qr)
    except (ReceiptError, SealBroken) as error:
        log.error("receipt.unsigned", receipt=row.id, code=error.code)
        return None


def _event(row: sa.Row[Any]) -> Event:
    body = {
        "receipt_id": row.id,
        "payment_id": row.payment,
        "form": row.form,
        "symbol": row.symbol,
        "number": row.number,
        "amount": row.amount,
        "lookup_code": row.lookup_code,
    }
    return Event(row.owner, "receipt.signed", row.id, body)


def render_waiting(
    environment: Environment, keys: SigningKeys, *, limit: int = 20, failed: set[str] | None = None
) -> int:
    """Make the PDF of up to `limit` signed receipts; how many were stored. Those in `failed` are passed over."""
    stuck = set() if failed is None else failed
    with environment.read() as connection:
        rows = [row for row in store.without_pdf(connection, limit + len(stuck)) if row.id not in stuck]
        sources = {row.id: store.document(connection, row.id, "xml", environment.vault) for row in rows}
    made = [(row, _rendered(environment, keys, row, sources[row.id])) for row in rows]
    stuck.update(row.id for row, data in made if data is None)
    return _store(environment, made)


def _rendered(environment: Environment, keys: SigningKeys, row: sa.Row[Any], source: bytes | None) -> bytes | None:
    from receipts import pdf

    if source is None:
        return None
    try:
        lookup = f"{environment.settings.base_url}/vi/receipts/{row.lookup_code}"
        return pdf.render(source, demo=keys.demo, lookup_url=lookup, signer=keys.signer)
    except ReceiptError as error:
        log.error("receipt.no_pdf", receipt=row.id, code=error.code)
        return None


def _store(environment: Environment, made: Sequence[tuple[sa.Row[Any], bytes | None]]) -> int:
    done = [(row, data) for row, data in made if data is not None]
    if not done:
        return 0
    with environment.begin(actor="worker") as uow:
        return sum(store.save_pdf(uow.connection, row.id, data, uow.now(), environment.vault) for row, data in done)
