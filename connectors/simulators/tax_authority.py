"""The tax authority's door for daily tables (01/TH-BLĐT), which answers like one and fails like one.

It remembers each message id and answers a repeat as it did the first time; it checks what a receiver can see: that the
message is XML, signed by someone, for a day and a taxpayer, and that no receipt is told as new twice.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection
from pathlib import Path
from xml.etree import ElementTree

FAULTS = frozenset({"down", "lost_answer", "html", "refuse"})

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, body BLOB NOT NULL, answer BLOB NOT NULL, times INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS receipt (
    tax_code TEXT, form TEXT, symbol TEXT, number TEXT, kind TEXT, status TEXT, amount INTEGER NOT NULL, message TEXT,
    PRIMARY KEY (tax_code, form, symbol, number, kind, status)
);
"""


class TaxAuthority:
    """`receive` is what its HTTP server would do: (status, content) for a message."""

    def __init__(self, book: Path) -> None:
        self._db = sqlite3.connect(book, isolation_level=None, check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)
        self._lock = threading.Lock()
        self.faults: list[str] = []  # each is used up by one message

    def close(self) -> None:
        """Let go of the book."""
        self._db.close()

    def misbehave(self, faults: Collection[str]) -> None:
        """What happens to the next messages, one fault each."""
        if unknown := set(faults) - FAULTS:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        self.faults += list(faults)

    def receive(self, body: bytes) -> tuple[int, bytes]:
        """Status and content of the answer; (0, b"") when the caller hears nothing."""
        with self._lock:
            fault = self.faults.pop(0) if self.faults else ""
            if fault == "down":
                return 0, b""
            if fault == "html":
                return 200, b"<html><body>B\xe1\xba\xa3o tr\xc3\xac</body></html>"
            answer = self._answer(body, refuse=fault == "refuse")
            return (0, b"") if fault == "lost_answer" else (200, answer)

    def accepted(self) -> dict[tuple[str, ...], int]:
        """What the authority knows: (tax code, form, symbol, number, kind, status) -> amount."""
        rows = self._db.execute("SELECT tax_code, form, symbol, number, kind, status, amount FROM receipt")
        return {tuple(row[:-1]): row[-1] for row in rows}

    def heard(self) -> dict[str, int]:
        """Message id -> how often it came."""
        return dict(self._db.execute("SELECT id, times FROM message"))

    def _answer(self, body: bytes, *, refuse: bool) -> bytes:
        root = ElementTree.fromstring(body)  # noqa: S314
        message = root.findtext("TTChung/MTDiep") or ""
        known = self._db.execute("SELECT answer FROM message WHERE id = ?", (message,)).fetchone()
        if known:
            self._db.execute("UPDATE message SET times = times + 1 WHERE id = ?", (message,))
            return bytes(known[0])
        self._db.execute("BEGIN IMMEDIATE")
        reasons = [("REFUSED", "Từ chối theo yêu cầu thử nghiệm")] if refuse else self._flaws(root)
        if not reasons:
            reasons = self._book(root, message)
        answer = _answer(root, message, reasons)
        if reasons:
            self._db.execute("DELETE FROM receipt WHERE message = ?", (message,))
        self._db.execute("INSERT INTO message VALUES (?, ?, ?, 1)", (message, body, answer))
        self._db.execute("COMMIT")
        return answer

    def _flaws(self, root: ElementTree.Element) -> list[tuple[str, str]]:
        told = root.find("DLieu/BTHDLieu/DLBTHop")
        signed = root.find("DLieu/BTHDLieu/DSCKS/NNT/{http://www.w3.org/2000/09/xmldsig#}Signature")
        if told is None or signed is None:
            return [("FORMAT", "Thiếu dữ liệu hoặc chữ ký")]
        if told.findtext("TTChung/MST") != root.findtext("TTChung/MST"):
            return [("MST", "Mã số thuế không khớp")]
        return []

    def _book(self, root: ElementTree.Element, message: str) -> list[tuple[str, str]]:
        reasons = []
        tax_code = root.findtext("TTChung/MST")
        for row in root.iterfind("DLieu/BTHDLieu/DLBTHop/NDBTHDLieu/DSDLieu/DLieu"):
            names = ("KHMCTu", "KHCTu", "SCTu", "LKThu", "TThai", "TgTien")
            values = [row.findtext(name) or "" for name in names]
            values[4] = "gone" if values[4] == "2" else "told"
            try:
                self._db.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (tax_code, *values, message))
            except sqlite3.IntegrityError:
                reasons.append(("TRUNG", f"Biên lai {values[1]} số {values[2]} đã có"))
        return reasons


def _answer(root: ElementTree.Element, message: str, reasons: list[tuple[str, str]]) -> bytes:
    listed = "".join(f"<LDo><MLoi>{code}</MLoi><MTa>{text}</MTa></LDo>" for code, text in reasons)
    sender, tax_code = root.findtext("TTChung/MNGui"), root.findtext("TTChung/MST")
    return (
        '<?xml version="1.0" encoding="UTF-8"?><TDiep><TTChung><PBan>1.0.0</PBan><MNGui>TCT</MNGui>'
        f"<MNNhan>{sender}</MNNhan><MLTDiep>TB-BLDT</MLTDiep><MTDiep>TCT{message[-32:]}</MTDiep>"
        f"<MTDTChieu>{message}</MTDTChieu><MST>{tax_code}</MST><SLuong>1</SLuong></TTChung><DLieu><TBao>"
        f"<TTTNhan>{1 if reasons else 0}</TTTNhan><DSLDo>{listed}</DSLDo></TBao></DLieu></TDiep>"
    ).encode()
