"""VietQR text to values and back, strictly: NAPAS "Quy định về định dạng mã VietQR" v1.0 (09/2021), on EMVCo's MPM.

A reader that takes what others let through is where money goes astray: a code with two accounts, a length that lies,
another currency or a doubtful amount is refused, with the rule and the tag. VNPAY-QR is read too, never written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from connectors.vietqr import tlv
from connectors.vietqr.form import formed, one_of
from connectors.vietqr.profile import COUNTRY, PROFILES, SERVICES, Profile, payee, write_payee
from connectors.vietqr.refusal import VietQRError

__all__ = ["SERVICES", "VietQR", "VietQRError", "decode", "encode", "for_payment"]

CURRENCY = "704"  # đồng, ISO 4217
INITIATIONS = frozenset({"11", "12"})  # reusable, one use

Texts = tuple[tuple[str, str, int], ...]  # tag, attribute, most characters

_TEXTS: Texts = (("59", "merchant_name", 25), ("60", "merchant_city", 15), ("61", "postal_code", 10))
_ADDITIONAL: Texts = (
    ("01", "bill", 25),
    ("02", "mobile_number", 25),
    ("03", "store_label", 25),
    ("04", "loyalty_number", 25),
    ("05", "reference_label", 25),
    ("06", "customer_label", 25),
    ("07", "terminal_label", 25),
    ("08", "purpose", 25),
    ("09", "consumer_data_request", 3),
)
_LANGUAGE: Texts = (("01", "merchant_name_alt", 25), ("02", "merchant_city_alt", 15))

_MCC = re.compile("[0-9]{4}")
_AMOUNT = re.compile(r"([0-9]{1,13})\.?")  # đồng have no decimals, yet `50000.` is legal
_PERCENT = re.compile(r"[0-9]{1,2}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class VietQR:
    """What a code says. None where it is silent; amounts in đồng. Without an amount the payer types one.

    `initiation` is 11 (reusable) or 12 (one use); left None, writing takes 12 with an amount and 11 without.
    `warnings` are the reader's and play no part in writing.
    """

    scheme: str = "vietqr"  # the profile that read it, or is to write it (`connectors.vietqr.profile`)
    initiation: str | None = None
    bin: str | None = None  # the beneficiary bank, vietqr only
    account: str | None = field(default=None, repr=False)  # account or card, vietqr only
    service: str | None = None
    merchant_id: str | None = None  # vnpayqr only
    amount: int | None = None
    purpose: str | None = field(default=None, repr=False)  # becomes the memo
    bill: str | None = None
    mobile_number: str | None = field(default=None, repr=False)
    store_label: str | None = None
    loyalty_number: str | None = field(default=None, repr=False)
    reference_label: str | None = None
    customer_label: str | None = field(default=None, repr=False)
    terminal_label: str | None = None
    consumer_data_request: str | None = None
    mcc: str | None = None
    merchant_name: str | None = field(default=None, repr=False)
    merchant_city: str | None = None
    postal_code: str | None = None
    tip: str | None = None  # 01 the payer is asked, 02 `tip_amount` is added, 03 `tip_percent` is added
    tip_amount: int | None = None
    tip_percent: str | None = None
    language: str | None = None
    merchant_name_alt: str | None = field(default=None, repr=False)
    merchant_city_alt: str | None = None
    warnings: tuple[str, ...] = ()


def for_payment(*, bin: str, account: str, amount: int, purpose: str, bill: str | None = None) -> VietQR:
    """A code for one transfer of `amount` đồng to an account, with `purpose` as its memo."""
    return VietQR(
        initiation="12", bin=bin, account=account, service="QRIBFTTA", amount=amount, purpose=purpose, bill=bill
    )


def decode(payload: str, *, profiles: tuple[Profile, ...] = PROFILES) -> VietQR:
    """Read a payload; VietQRError names the rule that it breaks. Bounded work on any text."""
    top = tlv.read_sealed(payload)
    if next(iter(top)) != "00":
        raise VietQRError("missing_00", "00", "the version does not stand first")
    one_of(top["00"], {"01"}, "version", "00")
    values = payee(top, profiles)
    values["initiation"] = one_of(top.get("01"), INITIATIONS, "initiation", "01")
    one_of(top.get("53"), {CURRENCY}, "currency", "53")
    one_of(top.get("58"), {COUNTRY}, "country", "58")
    if "54" in top:
        values["amount"] = _read_amount(top["54"], "54", "bad_amount")
    if "52" in top:
        values["mcc"] = formed(top["52"], _MCC, "bad_mcc", "52")
    if "55" in top or "56" in top or "57" in top:
        _read_tip(top, values)
    warnings = ["lowercase CRC"] if top["63"] != top["63"].upper() else []
    _read_texts(top, "", _TEXTS, values, warnings)
    if "62" in top:
        _read_texts(tlv.read(top["62"], "62"), "62.", _ADDITIONAL, values, warnings)
    if "64" in top:
        alternate = tlv.read(top["64"], "64")
        values["language"] = alternate.get("00")
        _read_texts(alternate, "64.", _LANGUAGE, values, warnings)
    return VietQR(**values, warnings=tuple(warnings))


def encode(qr: VietQR, *, profiles: tuple[Profile, ...] = PROFILES) -> str:
    """Write a payload; VietQRError names the rule that the values break."""
    initiation = qr.initiation if qr.initiation is not None else "11" if qr.amount is None else "12"
    one_of(initiation, INITIATIONS, "initiation", "01")
    payload = tlv.seal(
        f"0002010102{initiation}{write_payee(qr, profiles)}"
        f"{_optional('52', qr.mcc, _MCC, 'bad_mcc')}5303{CURRENCY}{_write_amount('54', qr.amount, 'bad_amount')}"
        f"{_write_tip(qr)}5802{COUNTRY}{_write_texts(qr, '', _TEXTS)}"
        f"{_template('62', _write_texts(qr, '62.', _ADDITIONAL))}{_template('64', _write_language(qr))}"
    )
    if len(payload.encode()) > tlv.MAX_BYTES:
        raise VietQRError("too_long", "", f"the text is longer than {tlv.MAX_BYTES} bytes")
    return payload


def _read_amount(value: str, tag: str, rule: str) -> int:
    match = _AMOUNT.fullmatch(value)
    amount = int(match[1]) if match and len(value) <= 13 else 0
    if amount == 0:
        raise VietQRError(rule, tag, "not whole đồng above zero in at most 13 characters")
    return amount


def _write_amount(tag: str, amount: int | None, rule: str) -> str:
    if amount is None:
        return ""
    if type(amount) is not int or not 0 < amount < 10**13:
        raise VietQRError(rule, tag, "not whole đồng above zero in at most 13 characters")
    return tlv.write(tag, str(amount))


def _read_tip(top: dict[str, str], values: dict[str, Any]) -> None:
    """55 says which of 56 and 57 goes with it: both or the wrong one would change what is paid."""
    _check_tip(top.get("55"), "56" in top, "57" in top)
    values["tip"] = top["55"]
    if "56" in top:
        values["tip_amount"] = _read_amount(top["56"], "56", "bad_tip")
    if "57" in top:
        values["tip_percent"] = _percent(top["57"])


def _write_tip(qr: VietQR) -> str:
    if qr.tip is None and qr.tip_amount is None and qr.tip_percent is None:
        return ""
    _check_tip(qr.tip, qr.tip_amount is not None, qr.tip_percent is not None)
    percent = "" if qr.tip_percent is None else tlv.write("57", _percent(qr.tip_percent))
    return f"5502{qr.tip}{_write_amount('56', qr.tip_amount, 'bad_tip')}{percent}"


def _check_tip(tip: str | None, fixed: bool, percent: bool) -> None:
    if (tip, fixed, percent) not in {("01", False, False), ("02", True, False), ("03", False, True)}:
        raise VietQRError("bad_tip", "55", "55, 56 and 57 do not agree")


def _percent(value: str) -> str:
    """00.01 to 99.99; kept as text, for nothing is computed with it here."""
    if not _PERCENT.fullmatch(value) or not value.strip("0."):
        raise VietQRError("bad_tip", "57", "not a percentage from 00.01 to 99.99")
    return value


def _read_texts(found: dict[str, str], path: str, texts: Texts, values: dict[str, Any], warnings: list[str]) -> None:
    """Circulating codes carry long and accented texts, so both are warnings."""
    for tag, name, limit in texts:
        value = found.get(tag)
        if value is None:
            continue
        values[name] = value
        if len(value) > limit:
            warnings.append(f"{path}{tag} longer than {limit}")
        if path != "64." and not value.isascii():
            warnings.append(f"{path}{tag} not ANS")


def _write_texts(qr: VietQR, path: str, texts: Texts) -> str:
    written = ""
    for tag, name, limit in texts:
        value = getattr(qr, name)
        if value is None:
            continue
        if path != "64." and not value.isascii():
            raise VietQRError("not_ans", path + tag, "only unaccented letters, digits and ASCII signs may be written")
        written += f"{tag}{_short(value, path + tag, limit)}"
    return written


def _write_language(qr: VietQR) -> str:
    """The one place for Vietnamese accents: language, then name, then perhaps city (EMVCo table 3.8)."""
    names = _write_texts(qr, "64.", _LANGUAGE)
    if qr.language is None and not names:
        return ""
    if qr.language is None or qr.merchant_name_alt is None or not re.fullmatch("[A-Za-z]{2}", qr.language):
        raise VietQRError("bad_language", "64", "a language of two letters and a name in it belong together")
    return f"0002{qr.language}{names}"


def _short(value: str, tag: str, limit: int) -> str:
    if not value:
        raise VietQRError("length_zero", tag, "an object without a value is not legal")
    if not value.isprintable():
        raise VietQRError("control_char", tag, "a control or format character stands in the text")
    if len(value) > limit:
        raise VietQRError("too_long", tag, f"longer than {limit} characters")
    return f"{len(value):02}{value}"


def _template(tag: str, content: str) -> str:
    if len(content) > 99:
        raise VietQRError("too_long", tag, "its parts are together longer than 99 characters")
    return tlv.write(tag, content)


def _optional(tag: str, value: str | None, form: re.Pattern[str], rule: str) -> str:
    return "" if value is None else tlv.write(tag, formed(value, form, rule, tag))
