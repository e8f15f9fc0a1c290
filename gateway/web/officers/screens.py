"""The screens officers have, by role: one table for the start page and the navigation."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.officers.model import Officer, Role


@dataclass(frozen=True, slots=True)
class Screen:
    """A place in the navigation; `path` comes after the language."""

    path: str
    vi: str
    en: str
    roles: frozenset[Role]

    def name(self, language: str) -> str:
        """In the language of the page."""
        return self.vi if language == "vi" else self.en


BOOKS = frozenset({Role.ACCOUNTANT, Role.APPROVER, Role.AUDITOR})

SCREENS: tuple[Screen, ...] = (
    Screen("/counter", "Quầy thu", "Counter", frozenset({Role.COUNTER, Role.ASSISTANT})),
    Screen("/counter/shift", "Ca làm việc", "Shift", frozenset({Role.COUNTER})),
    Screen("/counter/places", "Quầy và thiết bị", "Counters and devices", frozenset({Role.ADMIN})),
    Screen("/counter/second", "Người thứ hai", "Second person", frozenset({Role.APPROVER})),
    Screen("/accountant", "Đối soát", "Reconciliation", BOOKS),
    Screen("/accountant/import", "Nạp tệp", "Import", frozenset({Role.ACCOUNTANT})),
    Screen("/accountant/second", "Chờ duyệt", "To agree", BOOKS),
    Screen("/accountant/day", "Số liệu", "Figures", BOOKS),
    Screen("/accountant/close", "Khóa sổ", "Close", BOOKS),
    Screen("/accountant/reports", "Báo cáo", "Reports", BOOKS),
    Screen("/accountant/refunds", "Hoàn trả", "Refunds", BOOKS),
    Screen("/accountant/claims", "Phản ánh", "Claims", BOOKS),
    Screen("/accountant/remit", "Nộp ngân sách", "Remittance", BOOKS),
)


def screens_of(officer: Officer) -> list[Screen]:
    """Those the officer may open, in their order."""
    return [screen for screen in SCREENS if officer.may(screen.roles)]
