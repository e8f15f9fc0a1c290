"""Writes camt.053.001.08 (ISO 20022 BankToCustomerStatement) as a Vietnamese bank would send it, for the simulator.

Every entry of the statement is written in order, whatever its status; `camt.parse` reads back what went in, except
that white space in a memo becomes single blanks and that characters XML cannot hold are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

from connectors.files.camt import USTRD_WIDTH
from connectors.files.reading import tidy
from connectors.statement import Entry, Statement

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def camt053(statement: Statement, *, message_id: str, created_at: datetime) -> bytes:
    """One message with one statement. `created_at` carries its time zone; the bank's is Asia/Ho_Chi_Minh."""
    return "".join(_message(statement, message_id, created_at)).encode()


def _message(statement: Statement, message_id: str, created_at: datetime) -> Iterator[str]:
    created = created_at.isoformat(timespec="seconds")
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}">\n<BkToCstmrStmt>\n'
    yield f"<GrpHdr>{_leaf('MsgId', message_id)}<CreDtTm>{created}</CreDtTm></GrpHdr>\n<Stmt>"
    yield _leaf("Id", statement.number or message_id)
    if statement.number.isdecimal() and statement.number.isascii():
        yield _leaf("ElctrncSeqNb", statement.number)
    yield f"<CreDtTm>{created}</CreDtTm>"
    yield _period(statement, created_at)
    yield f"<Acct>{_account(statement.account)}<Ccy>{_text(statement.currency)}</Ccy></Acct>\n"
    yield _balance("OPBD", statement.opening, statement.currency, _first_day(statement, created_at))
    yield _balance("CLBD", statement.closing, statement.currency, statement.to_date or created_at.date())
    yield from map(_entry, statement.entries)
    yield "</Stmt>\n</BkToCstmrStmt>\n</Document>\n"


def _first_day(statement: Statement, created_at: datetime) -> date:
    booked = [entry.booking_date for entry in statement.entries if entry.booking_date]
    return statement.from_date or min(booked, default=created_at.date())


def _period(statement: Statement, created_at: datetime) -> str:
    if not statement.from_date or not statement.to_date:
        return ""
    zone = created_at.isoformat()[-6:] if created_at.utcoffset() is not None else ""
    return (
        f"<FrToDt><FrDtTm>{statement.from_date}T00:00:00{zone}</FrDtTm>"
        f"<ToDtTm>{statement.to_date}T23:59:59{zone}</ToDtTm></FrToDt>"
    )


def _balance(kind: str, amount: Decimal | None, currency: str, day: date) -> str:
    if amount is None:
        return ""
    return f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_amount(amount, currency)}{_day('Dt', day)}</Bal>\n"


def _entry(entry: Entry) -> str:
    return "".join(
        (
            "<Ntry>",
            _leaf("NtryRef", entry.line_no),
            _amount(entry.amount, entry.currency),
            "<RvslInd>true</RvslInd>" if entry.reversal else "",
            f"<Sts><Cd>{_text(entry.status)}</Cd></Sts>",
            _day("BookgDt", entry.booking_date),
            _day("ValDt", entry.value_date),
            _leaf("AcctSvcrRef", entry.bank_reference),
            _transaction_code(entry.transaction_code),
            f"<NtryDtls><TxDtls>{_details(entry)}</TxDtls></NtryDtls>",
            "</Ntry>\n",
        )
    )


def _details(entry: Entry) -> str:
    end_to_end, *others = entry.references or ("NOTPROVIDED",)
    return (
        f"<Refs>{_leaf('EndToEndId', end_to_end)}</Refs>"
        f"{_amount(entry.amount, entry.currency)}{_parties(entry)}{_remittance(entry.memo, others)}"
    )


def _parties(entry: Entry) -> str:
    """A reversal keeps the roles of the payment it undoes."""
    role = "Dbtr" if (entry.amount >= 0) != entry.reversal else "Cdtr"
    name = f"<{role}><Pty>{_leaf('Nm', entry.counterparty_name)}</Pty></{role}>" if entry.counterparty_name else ""
    account = f"<{role}Acct>{_account(entry.counterparty_account)}</{role}Acct>" if entry.counterparty_account else ""
    return f"<RltdPties>{name}{account}</RltdPties>" if name or account else ""


def _remittance(memo: str, references: Iterable[str]) -> str:
    text = tidy(_NOT_XML.sub("", memo))
    pieces = [text[at : at + USTRD_WIDTH] for at in range(0, len(text), USTRD_WIDTH)]
    unstructured = "".join(f"<Ustrd>{escape(piece)}</Ustrd>" for piece in pieces)
    structured = "".join(f"<Strd><CdtrRefInf>{_leaf('Ref', ref)}</CdtrRefInf></Strd>" for ref in references)
    return f"<RmtInf>{unstructured}{structured}</RmtInf>" if unstructured or structured else ""


def _transaction_code(code: str) -> str:
    parts = [_text(part) for part in code.split("/")]
    if len(parts) == 3 and all(parts):
        domain, family, subfamily = parts
        inner = f"<Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{subfamily}</SubFmlyCd></Fmly>"
        return f"<BkTxCd><Domn>{inner}</Domn></BkTxCd>"
    return f"<BkTxCd><Prtry>{_leaf('Cd', code)}</Prtry></BkTxCd>" if code else "<BkTxCd/>"


def _account(number: str) -> str:
    if _IBAN.fullmatch(number):
        return f"<Id><IBAN>{number}</IBAN></Id>"
    return f"<Id><Othr>{_leaf('Id', number)}</Othr></Id>"


def _amount(amount: Decimal, currency: str) -> str:
    direction = "CRDT" if amount >= 0 else "DBIT"
    return f'<Amt Ccy="{_text(currency)}">{abs(amount):f}</Amt><CdtDbtInd>{direction}</CdtDbtInd>'


def _day(name: str, day: date | None) -> str:
    return f"<{name}><Dt>{day}</Dt></{name}>" if day else ""


def _leaf(name: str, value: str) -> str:
    text = _text(value)
    return f"<{name}>{text}</{name}>" if text else ""


def _text(value: str) -> str:
    return escape(tidy(_NOT_XML.sub("", value)), {'"': "&quot;"})
