"""What a bank puts into field :86: of an MT940: plain text, German ?20..?63 subfields, or /EREF/../REMI/.. code words.

SWIFT gives the field 6 lines of 65 characters and no structure; DK (German banks) and Dutch banks each made one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.files.reading import joined, tidy

LINE_WIDTH = 65
_CODED_WIDTH = 64  # several banks cut coded text one short; in plain text a 64 is a 65 that lost its last blank
_TAG = len(":86:")
_SUBFIELD_WIDTH = 27

_CODED = re.compile(r"\s*(?:[0-9]{3}\?[0-9]{2}|[A-Z]{4}\+|/)")
_GERMAN = re.compile(r"\s*[0-9]{3}\?[0-9]{2}")
_SUBFIELD = re.compile(r"\?([0-9]{2})")
_PURPOSE = frozenset(f"{n:02d}" for n in (*range(20, 30), *range(60, 64)))
_KEYWORD = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|PURP)\+")
_STARTS_WITH_KEYWORD = re.compile(r"\s*[A-Z]{4}\+")
_SLASHED = re.compile(
    r"/(EREF|PREF|IREF|MARF|CSID|CNTP|REMI|PURP|ISDT|BENM|ORDP|NAME|IBAN|BIC|TRTP|TRCD|ULTB|ULTD|RTRN|ACCW|CHGS|SUM)/"
)


class Remittance(NamedTuple):
    """Field :86: taken apart as far as it says how."""

    memo: str
    account: str = ""
    name: str = ""
    references: tuple[str, ...] = ()


_NOTHING = Remittance("")


def read(lines: list[str]) -> Remittance:
    """The field's lines, not yet joined."""
    if not lines:
        return _NOTHING
    first = lines[0]
    if _CODED.match(first):
        text = joined(lines, _CODED_WIDTH, _TAG)
        if _GERMAN.match(first):
            return _german(text)
        if _STARTS_WITH_KEYWORD.match(first):
            return _keyed(text)
        if "/REMI/" in text or "/EREF/" in text:
            return _slashed(text)
    return Remittance(tidy(_plain(lines) if len(lines) > 1 else first))


def _plain(lines: list[str]) -> str:
    """Rabobank fills each line with blanks: such a line ends where its words end, full or not."""
    if len(lines[0]) == LINE_WIDTH and len(lines) == 2 and not lines[0].endswith("  "):
        return "".join(lines)  # as most banks cut
    return joined([line.rstrip() if line.endswith("  ") else line for line in lines], LINE_WIDTH, _TAG)


def _german(text: str) -> Remittance:
    cells = _SUBFIELD.split(text)[1:]
    subfields = list(zip(cells[::2], cells[1::2], strict=True))
    purpose = joined((value for code, value in subfields if code in _PURPOSE), _SUBFIELD_WIDTH)
    found = _keyed(purpose)
    booking_text = next((value for code, value in subfields if code == "00"), "")
    name = joined((value for code, value in subfields if code in ("32", "33")), _SUBFIELD_WIDTH)
    account = next((value for code, value in subfields if code == "31"), "")
    return Remittance(found.memo or tidy(booking_text), tidy(account), tidy(name), found.references)


def _keyed(text: str) -> Remittance:
    """`EREF+..KREF+..SVWZ+..`; where there is no SVWZ the words outside the keywords are the memo."""
    head, *cells = _KEYWORD.split(text)
    values = dict(reversed(list(zip(cells[::2], cells[1::2], strict=True))))
    memo = tidy(f"{head} {values.get('SVWZ', '')}")
    return Remittance(memo, references=tuple(tidy(values[key]) for key in ("EREF", "KREF") if key in values))


def _slashed(text: str) -> Remittance:
    cells = _SLASHED.split(text)[1:]
    values = dict(reversed(list(zip(cells[::2], cells[1::2], strict=True))))
    remitted = values.get("REMI", "").strip("/ ")
    structured = remitted.rpartition("/")[2] if remitted.startswith("STRD/") else ""
    party = values.get("CNTP", "").split("/")
    return Remittance(
        memo=tidy(structured or remitted.removeprefix("USTD//")) or ("" if "REMI" in values else tidy(text)),
        references=(values.get("EREF", "").partition("//")[0].strip("/ "), structured),
        name=tidy(values.get("NAME", "").strip("/") or (party[2] if len(party) > 2 else "")),
        account=(values.get("IBAN", "").strip("/") or party[0]).strip(),
    )
