"""Who pays: a person or an organisation, what may be kept of them, and how they are shown to others.

A citizen is known by số định danh cá nhân (12 digits, or the 9 of an old CMND), an organisation by its tax code (10
digits with a check digit, 13 with its branch); since 01/07/2025 a citizen's tax code is the 12-digit number itself
(Thông tư 86/2024/TT-BTC, Điều 5). Personal data never shows in a repr.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from gateway.dues.problems import PayerWrong
from receipts.mask import mask_name

PayerKind = Literal["person", "organisation"]

_PERSONAL = re.compile(r"[0-9]{12}|[0-9]{9}")
_TAX = re.compile(r"([0-9]{10})(?:-?([0-9]{3}))?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+?[0-9]{8,15}")
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


@dataclass(frozen=True, slots=True)
class PayerFacts:
    """The payer as the one-stop system tells; empty text where it says nothing."""

    name: str = field(repr=False)
    id_number: str = field(default="", repr=False)
    tax_code: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    @property
    def kind(self) -> PayerKind:
        """An organisation is known by its tax code alone."""
        alone = self.tax_code and not self.id_number and not _PERSONAL.fullmatch(self.tax_code)
        return "organisation" if alone else "person"

    @property
    def number(self) -> str:
        """What the payer is looked up by; empty when neither number is given."""
        return self.id_number or self.tax_code

    @property
    def masked(self) -> str:
        """For screens that anybody may see: `Ng*** V** A*`; the name of an organisation is public."""
        return self.name if self.kind == "organisation" else mask_name(self.name)


def checked(told: PayerFacts) -> tuple[PayerFacts, list[PayerWrong]]:
    """The payer in one spelling (NFC, single spaces, plain digits), and what is wrong with it (fields `payer.*`)."""
    facts = PayerFacts(
        name=plain(told.name),
        id_number=_digits(told.id_number),
        tax_code=_tax_spelling(_digits(told.tax_code)),
        address=plain(told.address),
        email=told.email.strip(),
        phone=re.sub(r"[\s.()-]", "", told.phone),
    )
    return facts, [problem for problem in _problems(facts) if problem is not None]


def plain(text: str) -> str:
    """NFC with single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def printable(text: str, most: int) -> bool:
    """Whether `text` can be printed and written to XML, and is not longer than `most`."""
    return len(text) <= most and text.isprintable()


def tax_check_holds(tax_code: str) -> bool:
    """The tenth digit is 10 - (weighted sum of the first nine mod 11); the number 10 is not given out."""
    total = sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, tax_code[:9], strict=True))
    return 10 - total % 11 == int(tax_code[9])


def _digits(text: str) -> str:
    return re.sub(r"[\s.]", "", text)


def _tax_spelling(tax_code: str) -> str:
    found = _TAX.fullmatch(tax_code)
    return f"{found[1]}-{found[2]}" if found and found[2] else tax_code


def _problems(facts: PayerFacts) -> list[PayerWrong | None]:
    return [
        _name(facts.name),
        _personal(facts.id_number),
        _tax(facts.tax_code),
        _shape("address", facts.address, printable(facts.address, 300), "Địa chỉ", "address"),
        _shape("email", facts.email, _is_email(facts.email), "Địa chỉ thư điện tử", "e-mail address"),
        _shape("phone", facts.phone, _PHONE.fullmatch(facts.phone) is not None, "Số điện thoại", "phone number"),
    ]


def _is_email(text: str) -> bool:
    return printable(text, 254) and _EMAIL.fullmatch(text) is not None


def _shape(name: str, text: str, fits: bool, vi: str, en: str) -> PayerWrong | None:
    if not text or fits:
        return None
    return PayerWrong(f"{vi} không hợp lệ.", f"The {en} is not valid.", field=f"payer.{name}")


def _name(name: str) -> PayerWrong | None:
    if not name:
        return PayerWrong("Thiếu tên người nộp.", "The payer's name is missing.", field="payer.name")
    return _shape("name", name, printable(name, 200), "Tên người nộp", "payer's name")


def _personal(number: str) -> PayerWrong | None:
    if not number or _PERSONAL.fullmatch(number):
        return None
    return PayerWrong(
        "Số định danh cá nhân gồm 12 chữ số (CMND cũ: 9 chữ số).",
        "A personal identity number has 12 digits (an old one 9).",
        field="payer.id_number",
    )


def _tax(tax_code: str) -> PayerWrong | None:
    if not tax_code or re.fullmatch(r"[0-9]{12}", tax_code):
        return None
    if not _TAX.fullmatch(tax_code):
        return PayerWrong(
            "Mã số thuế gồm 10 chữ số, 10 chữ số và 3 chữ số chi nhánh, hoặc 12 chữ số định danh cá nhân.",
            "A tax code has 10 digits, 10 and 3 for a branch, or the 12 of a personal identity number.",
            field="payer.tax_code",
        )
    if not tax_check_holds(tax_code):
        return PayerWrong(
            "Mã số thuế sai chữ số kiểm tra.", "The tax code's check digit does not hold.", field="payer.tax_code"
        )
    return None
