"""What the way to a provider's page says, and what its own code says that the payer scans here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.web.language import Language

WAITING: Mapping[Language, tuple[str, str]] = MappingProxyType(
    {
        "vi": (
            "Đang mở trang thanh toán",
            "Chúng tôi đang chờ cổng thanh toán trả lời. Trang này tự thử lại sau vài giây; bạn chưa bị trừ tiền.",
        ),
        "en": (
            "Opening the payment page",
            "The payment service has not answered yet. This page tries again in a few seconds; nothing was paid.",
        ),
    }
)
GO: Mapping[Language, tuple[str, str]] = MappingProxyType(
    {
        "vi": ("Thanh toán tại {name}", "Bạn sẽ được chuyển tới trang của {name}, rồi quay lại đây."),
        "en": ("Pay at {name}", "You are taken to the page of {name}, and back here afterwards."),
    }
)


def way_on(language: Language, name: str) -> tuple[str, str]:
    """The button to a provider's page, and what happens then."""
    button, note = GO[language]
    return button.format(name=name), note.format(name=name)


@dataclass(frozen=True, slots=True)
class CodeWords:
    """The words about a provider's code."""

    heading: str
    alt: str
    hint: str
    reference: str


CODE: Mapping[Language, CodeWords] = MappingProxyType(
    {
        "vi": CodeWords(
            "Quét mã bằng {name}",
            "Mã QR của {name}: thanh toán {amount}, mã {reference}",
            "Mở ứng dụng {name} và quét mã; mã này không dùng cho ứng dụng ngân hàng khác. "
            "Đang xem trên điện thoại? Lưu ảnh QR rồi chọn ảnh trong ứng dụng.",
            "Mã thanh toán",
        ),
        "en": CodeWords(
            "Scan with {name}",
            "QR code of {name}: pay {amount}, reference {reference}",
            "Open the {name} app and scan; other banks' apps do not read this code. "
            "On this phone already? Save the QR image and pick it in the app.",
            "Payment reference",
        ),
    }
)


def code_words(language: Language, name: str, amount: str, reference: str) -> CodeWords:
    """What stands around the code of provider `name`."""
    known, facts = CODE[language], {"name": name, "amount": amount, "reference": reference}
    return CodeWords(*(text.format(**facts) for text in (known.heading, known.alt, known.hint, known.reference)))
