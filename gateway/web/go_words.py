"""What the way to a provider's page says."""

from __future__ import annotations

from collections.abc import Mapping
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
