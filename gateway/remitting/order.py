"""The payment order of a remittance for the bank: ISO 20022 pain.001.001.09, and the same as a workbook for upload.

One order per remittance: the Treasury takes the sum, slip C1-02/NS carries the lines. The remittance's number is the
end-to-end reference and the first word of the memo, so that the statement can name it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.kernel.clock import VIETNAM, business_day
from gateway.remitting import store
from gateway.remitting.model import RemittanceClosed, RemittanceState, Treasury
from receipts.xml import escape

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
HEADINGS = ("Số lệnh", "Tài khoản chuyển", "Tài khoản nhận", "Đơn vị nhận", "Mã ngân hàng", "Số tiền", "Nội dung")


@dataclass(frozen=True, slots=True)
class Order:
    """What the bank has to do. Amount in đồng."""

    number: str
    debtor: str
    debtor_account: str
    debtor_bin: str
    treasury: Treasury
    amount: int
    memo: str


def order(connection: sa.Connection, agency_id: str, remittance_id: str) -> Order:
    """Of an approved remittance. RemittanceMissing, RemittanceClosed while it is only prepared, or was dropped."""
    row = store.by_id(connection, agency_id, remittance_id)
    if row.state not in (RemittanceState.APPROVED, RemittanceState.CONFIRMED):
        raise RemittanceClosed("Đợt nộp chưa được duyệt.", "The remittance is not approved.", state=row.state)
    return describe(connection, agency_id, row)


def describe(connection: sa.Connection, agency_id: str, row: sa.Row[Any]) -> Order:
    """What would be ordered."""
    ours = next(one for one in agencies.all_accounts_of(connection, agency_id) if one.number == row.account)
    target = store.treasury_of(connection, agency_id)
    memo = f"{row.number} NOP NSNN {target.unit_code} {row.first_day:%d%m%y}-{row.last_day:%d%m%y}"
    return Order(row.number, ours.holder, ours.number, ours.bin, target, row.budget, memo)


def pain001(made: Order, now: datetime) -> bytes:
    """UTF-8. Banks are named by their BIN in ClrSysMmbId; the amount has no decimals."""
    created = now.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M:%S+07:00")
    day = business_day(now).isoformat()
    total = f"<NbOfTxs>1</NbOfTxs><CtrlSum>{made.amount}</CtrlSum>"
    debtor = escape(made.debtor)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{NAMESPACE}"><CstmrCdtTrfInitn>'
        f"<GrpHdr><MsgId>{made.number}</MsgId><CreDtTm>{created}</CreDtTm>{total}"
        f"<InitgPty><Nm>{debtor}</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>{made.number}</PmtInfId><PmtMtd>TRF</PmtMtd>{total}"
        f"<ReqdExctnDt><Dt>{day}</Dt></ReqdExctnDt><Dbtr><Nm>{debtor}</Nm></Dbtr>"
        f"<DbtrAcct>{_account(made.debtor_account)}</DbtrAcct><DbtrAgt>{_bank(made.debtor_bin)}</DbtrAgt>"
        f"<CdtTrfTxInf><PmtId><EndToEndId>{made.number}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="VND">{made.amount}</InstdAmt></Amt>'
        f"<CdtrAgt>{_bank(made.treasury.bin)}</CdtrAgt><Cdtr><Nm>{escape(made.treasury.name)}</Nm></Cdtr>"
        f"<CdtrAcct>{_account(made.treasury.account)}</CdtrAcct>"
        f"<RmtInf><Ustrd>{escape(made.memo)}</Ustrd></RmtInf></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>"
    ).encode()


def workbook(made: Order) -> bytes:
    """The columns banks' bulk upload forms share; a person maps them where a bank wants others."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Lệnh chi")
    sheet.append(list(HEADINGS))
    target = made.treasury
    sheet.append([made.number, made.debtor_account, target.account, target.name, target.bin, made.amount, made.memo])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _account(number: str) -> str:
    return f"<Id><Othr><Id>{escape(number)}</Id></Othr></Id>"


def _bank(bin: str) -> str:
    return f"<FinInstnId><ClrSysMmbId><MmbId>{escape(bin)}</MmbId></ClrSysMmbId></FinInstnId>"
