"""Sign what is numbered, then make the PDF of what is signed: in batches, in the worker, which alone holds the keys.

A numbered receipt is signed or the system shouts: a failure is logged and counted, and tried again at the next round.
Only a certificate that the agency's registration lists signs for it (Thông tư 91/2026/TT-BTC, Điều 17); where two
overlap, the one of the newer registration.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from connectors import code128
from gateway.delivery.signing_keys import SigningKeys, Waiting, choose, load_keys, renew_keys, sealer
from gateway.kernel.clock import business_day
from gateway.kernel.outbox import Event, Job
from gateway.kernel.uow import Environment
from gateway.kernel.vault import SealBroken
from receipts import sign, store, token, xml
from receipts.enrolment import Identity, in_use
from receipts.keys import FileSigner, KeyUnusable, Signer
from receipts.model import ReceiptError, Replaced
from receipts.remote import RemoteSigner
from receipts.sign import Prepared

__all__ = ["SigningKeys", "load_keys", "render_waiting", "renew_keys", "sign_waiting", "stamp_job"]

BATCH = 100
ALONE = 8  # signatures of a file's key that are not worth a second thread
PORTION = 10  # signatures of a device or a service that may be slow, before what is there is kept
STALE = timedelta(minutes=15)  # a request to a remote service is given up after this and made anew, with a new time
STAMP_JOB = "receipt.stamp"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one signer has to do in a round."""

    signer: Signer
    rows: list[sa.Row[Any]]

    @property
    def portions(self) -> list[list[sa.Row[Any]]]:
        """A file signs a batch in a blink; a device may take a second for each."""
        size = BATCH if isinstance(self.signer, FileSigner) else PORTION
        return [self.rows[start : start + size] for start in range(0, len(self.rows), size)]


def sign_waiting(
    environment: Environment, keys: SigningKeys, *, limit: int = BATCH, failed: set[str] | None = None
) -> int:
    """Sign up to `limit` receipts, oldest first; how many became signed. Those in `failed` are passed over.

    A device that fails is not asked again in this round: all it should have signed counts as failed.
    """
    stuck = set() if failed is None else failed
    with environment.read() as connection:
        rows = [row for row in store.unsigned(connection, limit + len(stuck)) if row.id not in stuck]
        replaced = store.replaced_of_all(connection, [row.id for row in rows])
        now = environment.clock()
        listed = in_use(connection, {row.owner for row in rows}, business_day(now))
    return sum(
        _sign_batch(environment, keys, batch, replaced, stuck) for batch in _batches(keys, rows, listed, stuck, now)
    )


def _batches(
    keys: SigningKeys, rows: Sequence[sa.Row[Any]], listed: Mapping[str, list[Identity]], stuck: set[str], now: datetime
) -> list[Batch]:
    batches: dict[int, Batch] = {}
    for row in rows:
        try:
            signer = choose(keys, listed.get(row.owner), now)
        except ReceiptError as error:
            log.error("receipt.unsigned", receipt=row.id, code=error.code)
            stuck.add(row.id)
        else:
            batches.setdefault(id(signer), Batch(signer, [])).rows.append(row)
    return list(batches.values())


def _sign_batch(
    environment: Environment, keys: SigningKeys, batch: Batch, replaced: Mapping[str, Replaced], stuck: set[str]
) -> int:
    done, left = 0, len(batch.rows)
    for rows in batch.portions:
        now = environment.clock()
        prepared = _prepare_all(environment, keys, batch.signer, rows, now, replaced)
        stuck.update(row.id for row in rows if row.id not in prepared)
        files: dict[str, bytes] = {}
        try:
            for receipt_id, value in _signatures(batch.signer, prepared):
                if value is None:
                    stuck.add(receipt_id)
                else:
                    files[receipt_id] = prepared[receipt_id].finish(value)
        except KeyUnusable as error:
            log.error("receipt.signer_down", signer=batch.signer.subject, code=error.code, waiting=left - len(files))
            stuck.update(row.id for row in batch.rows if row.id not in files)
            return done + _keep(environment, rows, files, now)
        done += _keep(environment, rows, files, now)
        for row in rows:
            if row.id in files:
                keys.waiting.pop(row.id, None)
        left -= len(rows)
    return done


def _prepare_all(
    environment: Environment,
    keys: SigningKeys,
    signer: Signer,
    rows: Sequence[sa.Row[Any]],
    now: datetime,
    replaced: Mapping[str, Replaced],
) -> dict[str, Prepared]:
    """What is to be signed, by receipt; what a remote service has been asked for already is asked for again as it was."""
    found: dict[str, Prepared] = {}
    for row in rows:
        asked = keys.waiting.get(row.id)
        if asked is not None and now - asked.since < STALE:
            found[row.id] = asked.prepared
        elif (prepared := _prepared(environment, keys, signer, row, now, replaced.get(row.id))) is not None:
            found[row.id] = prepared
            if isinstance(signer, RemoteSigner):
                keys.waiting[row.id] = Waiting(prepared, now)
    return found


def _signatures(signer: Signer, prepared: Mapping[str, Prepared]) -> Iterator[tuple[str, bytes | None]]:
    """As they come; None where one alone has failed. Raises KeyUnusable when the device or the service fails."""
    if isinstance(signer, RemoteSigner):
        requests = {f"{receipt_id}-{one.fingerprint}": receipt_id for receipt_id, one in prepared.items()}
        wanted = {request: prepared[receipt_id].to_sign for request, receipt_id in requests.items()}
        yield from ((requests[request], value) for request, value in signer.sign_some(wanted).items())
    elif isinstance(signer, FileSigner):
        yield from _signed_side_by_side(signer, prepared)
    else:
        yield from ((receipt_id, signer.sign(one.to_sign)) for receipt_id, one in prepared.items())


def _signed_side_by_side(signer: FileSigner, prepared: Mapping[str, Prepared]) -> Iterator[tuple[str, bytes | None]]:
    """On every core, since OpenSSL computes without Python's lock: each thread takes its share whole."""
    ids, hands = list(prepared), (os.cpu_count() or 1) if len(prepared) > ALONE else 1

    def sign_share(share: Sequence[str]) -> list[tuple[str, bytes | None]]:
        return [(receipt_id, _tried(signer, receipt_id, prepared[receipt_id])) for receipt_id in share]

    if hands == 1:
        yield from sign_share(ids)
        return
    with ThreadPoolExecutor(hands, thread_name_prefix="thuphi-sign") as pool:
        for signed in pool.map(sign_share, [ids[n::hands] for n in range(hands)]):
            yield from signed


def _tried(signer: FileSigner, receipt_id: str, prepared: Prepared) -> bytes | None:
    """The key lies in memory, so a failure is this receipt's own: the rest of the share is signed."""
    try:
        return signer.sign(prepared.to_sign)
    except Exception as error:
        log.error("receipt.unsigned", receipt=receipt_id, code=getattr(error, "code", type(error).__name__))
        return None


def _keep(environment: Environment, rows: Sequence[sa.Row[Any]], files: Mapping[str, bytes], now: datetime) -> int:
    if not files:
        return 0
    with environment.begin(actor="worker") as uow:
        won = store.save_all_signed(uow.connection, files, now, environment.vault)
        uow.emit(_event(row) for row in rows if row.id in won)
        if environment.settings.tsa_url:
            uow.enqueue(stamp_job(row.owner, row.id) for row in rows if row.id in won)
    return len(won)


def stamp_job(agency: str, receipt_id: str) -> Job:
    """The later job that has a receipt's signature time-stamped."""
    return Job(agency, STAMP_JOB, {"receipt_id": receipt_id}, key=f"stamp:{receipt_id}")


def _prepared(
    environment: Environment,
    keys: SigningKeys,
    signer: Signer,
    row: sa.Row[Any],
    now: datetime,
    replaces: Replaced | None,
) -> Prepared | None:
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
        return sign.prepare(data, signer=signer, signed_at=now, qr=qr)
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
        seal = sealer(keys, source, row.signed_at)
        return pdf.render(source, demo=keys.demo, lookup_url=lookup, signer=seal, encoder=code128.bars)
    except ReceiptError as error:
        log.error("receipt.no_pdf", receipt=row.id, code=error.code)
        return None


def _store(environment: Environment, made: Sequence[tuple[sa.Row[Any], bytes | None]]) -> int:
    done = [(row, data) for row, data in made if data is not None]
    if not done:
        return 0
    with environment.begin(actor="worker") as uow:
        return sum(store.save_pdf(uow.connection, row.id, data, uow.now(), environment.vault) for row, data in done)
