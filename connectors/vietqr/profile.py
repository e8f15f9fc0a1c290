"""Who is paid, scheme by scheme: each profile reads, and perhaps writes, the one template that names its payee.

VietQR for transfers (NAPAS v1.0, 38) is written and read, VNPAY-QR (26) is read. VIETQRPay and VIETQRGlobal have been
announced and their fields are not public: their profile goes before these two once they are, `decode(text,
profiles=(VIETQRPAY, *PROFILES))`, and until then `QRPUSH` and a merchant id in 38.01.01 are read as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.vietqr import tlv
from connectors.vietqr.form import formed, one_of
from connectors.vietqr.refusal import VietQRError

if TYPE_CHECKING:
    from connectors.vietqr.codec import VietQR

VIETQR_GUID = "A000000727"
VNPAY_GUID = "A000000775"
COUNTRY = "VN"
SERVICES = frozenset({"QRIBFTTA", "QRIBFTTC", "QRPUSH", "QRCASH"})  # account, card, merchant payment, cash at an ATM

_BIN = re.compile("[0-9]{6}")
_ACCOUNT = re.compile("[A-Za-z0-9]{1,19}")
_MERCHANT = re.compile("[!-~]{1,50}")

Objects = Mapping[str, str]  # the top level of a code, by tag


@dataclass(frozen=True, slots=True)
class Profile:
    """One scheme. A code belongs to the first profile that claims it; that one must then read it or refuse it."""

    scheme: str  # `VietQR.scheme`
    tag: str  # the template that names the payee
    claims: Callable[[Objects], bool]
    read: Callable[[str], dict[str, Any]]  # the template -> fields of VietQR; raises VietQRError
    write: Callable[[VietQR], str] | None = None  # the whole template; None where it is only read


def payee(top: Objects, profiles: tuple[Profile, ...]) -> dict[str, Any]:
    """Who is paid, as fields of VietQR. Raises VietQRError `not_vietqr` where no profile claims the code."""
    for profile in profiles:
        if profile.claims(top):
            return {"scheme": profile.scheme, **profile.read(top[profile.tag])}
    raise VietQRError("not_vietqr", "38", "this is a code of another scheme")


def write_payee(qr: VietQR, profiles: tuple[Profile, ...]) -> str:
    """The template of the code's scheme. Raises VietQRError."""
    for profile in profiles:
        if profile.scheme == qr.scheme and profile.write is not None:
            return profile.write(qr)
    raise VietQRError("not_vietqr", "26", "codes of this scheme are not written")


def _claims_vietqr(top: Objects) -> bool:
    """A 38 in a Vietnamese code is meant to be VietQR: a wrong identifier in it is refused, not passed over."""
    template = top.get("38")
    return template is not None and (VIETQR_GUID in template.upper() or top.get("58") == COUNTRY)


def _read_account(template: str) -> dict[str, Any]:
    found = tlv.read(template, "38")
    if found.get("00") != VIETQR_GUID:
        raise VietQRError("bad_guid", "38.00", f"the identifier is not {VIETQR_GUID}")
    beneficiary = tlv.read(found.get("01", ""), "38.01")
    values = {
        "bin": formed(beneficiary.get("00", ""), _BIN, "bad_bin", "38.01.00"),
        "account": formed(beneficiary.get("01", ""), _ACCOUNT, "bad_account", "38.01.01"),
    }
    if "02" in found:
        values["service"] = one_of(found["02"], SERVICES, "service", "38.02")
    return values


def _write_account(qr: VietQR) -> str:
    if qr.merchant_id is not None:
        raise VietQRError("bad_merchant", "26.01", "a merchant id belongs to VNPAY-QR")
    bank = formed(qr.bin or "", _BIN, "bad_bin", "38.01.00")
    account = formed(qr.account or "", _ACCOUNT, "bad_account", "38.01.01")
    service = "" if qr.service is None else tlv.write("02", one_of(qr.service, SERVICES, "service", "38.02"))
    beneficiary = f"0006{bank}{tlv.write('01', account)}"
    return tlv.write("38", f"0010{VIETQR_GUID}{tlv.write('01', beneficiary)}{service}")


def _claims_vnpay(top: Objects) -> bool:
    return VNPAY_GUID in top.get("26", "")


def _read_merchant(template: str) -> dict[str, Any]:
    found = tlv.read(template, "26")
    if found.get("00") != VNPAY_GUID:
        raise VietQRError("bad_guid", "26.00", f"the identifier is not {VNPAY_GUID}")
    return {"merchant_id": formed(found.get("01", ""), _MERCHANT, "bad_merchant", "26.01")}


# In order: ZaloPay's codes carry both 26 and 38, and are VietQR.
PROFILES = (
    Profile("vietqr", "38", _claims_vietqr, _read_account, _write_account),
    Profile("vnpayqr", "26", _claims_vnpay, _read_merchant),
)
