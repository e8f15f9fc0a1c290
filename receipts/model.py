"""Plain facts of a receipt and the states it passes through (Nghị định 254/2026/NĐ-CP, Điều 23 k2: mandatory contents).

`ReceiptFacts` is the sole input of the XML. Money is int đồng; `day` is the business day of collection in
Asia/Ho_Chi_Minh and fixes NLap and the year of the symbol.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol

FORM_NO_FACE_VALUE = "EBL01"
MAX_NUMBER = 99_999_999
DOCUMENT_NAME = "BIÊN LAI THU PHÍ, LỆ PHÍ ĐIỆN TỬ"

Kind = Literal["PHI", "LE_PHI"]
Method = Literal["TM", "CK", "TM/CK", "QR", "POS"]


class ReceiptError(Exception):
    """A refusal of this library; `kind` and `code` let a door answer without knowing the class."""

    kind: str = "invalid"  # invalid | forbidden | missing | conflict | unavailable
    code: str = "receipt.invalid"


class State(StrEnum):
    """There is no cancel and no adjust (Thông tư 91/2026/TT-BTC, Điều 20)."""

    NUMBERED = "numbered"
    SIGNED = "signed"
    DELIVERED = "delivered"
    REPLACED = "replaced"


class NoticeKind(StrEnum):
    """Column (7) of form 04/SS-CTĐT: thông báo or giải trình."""

    NOTICE = "notice"
    EXPLANATION = "explanation"


class NoticeState(StrEnum):
    """What the tax office said of a 04/SS-CTĐT."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class CollectingOrg:
    """Tổ chức thu phí, lệ phí."""

    name: str
    tax_code: str
    address: str
    phone: str = ""
    account: str = ""
    bank: str = ""
    identifier: str = ""  # mã định danh, e.g. H56.17


@dataclass(frozen=True, slots=True)
class Delegate:
    """Bên nhận ủy nhiệm: issues in the collecting organisation's name (Nghị định 254/2026/NĐ-CP, Điều 25 k4)."""

    name: str
    address: str
    tax_code: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """The receipt that a new one replaces; form and symbol may be those in use before 2026-07-01."""

    form: str
    symbol: str
    number: int
    day: date


@dataclass(frozen=True, slots=True)
class Payer:
    """Người nộp; may differ from the applicant."""

    name: str = field(repr=False)
    tax_code: str = field(default="", repr=False)
    id_number: str = field(default="", repr=False)  # 12-digit số định danh cá nhân
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One khoản thu; quantity x unit_price = amount."""

    kind: Kind
    code: str
    name: str
    quantity: int
    unit_price: int
    amount: int
    chapter: str = ""
    sub_item: str = ""


@dataclass(frozen=True, slots=True)
class DossierFacts:
    """The dossier the money belongs to."""

    code: str
    procedure_code: str
    procedure_name: str


@dataclass(frozen=True, slots=True)
class MoneyFacts:
    """How the money came: the payment's reference, when, through which bank."""

    reference: str
    paid_at: datetime  # UTC
    bank: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """Everything one receipt says. `source` is the idempotency key: payment id + org + kind split."""

    source: str
    owner: str  # tenant: the agency's id
    payment: str  # the payment's id, as text
    org: CollectingOrg
    payer: Payer
    dossier: DossierFacts
    lines: tuple[FeeLine, ...]
    day: date
    method: Method
    money: MoneyFacts
    delegate: Delegate | None = None

    @property
    def amount(self) -> int:
        """Total in đồng."""
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A receipt that has its number; the signature follows."""

    id: str
    source: str
    payment: str
    form: str
    symbol: str
    number: int
    lookup_code: str
    day: date
    amount: int
    repeated: bool = False  # the same source was numbered before; nothing new was written


class Sealer(Protocol):
    """Encrypts personal data at rest; `place` binds a value to its table, column and row."""

    def seal(self, place: str, data: bytes) -> bytes: ...

    def unseal(self, place: str, sealed: bytes) -> bytes: ...


Mint = Callable[[str], str]  # prefix -> a new id, e.g. mint("rct")
