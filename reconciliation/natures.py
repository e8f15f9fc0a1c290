"""What a line is by itself: bank fee, interest, own transfer ... decided once, at import, from data (natures.json).

The bank's transaction code (ISO 20022 BkTxCd, MT940 :61: type) speaks first; words speak only where it says nothing.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_GAPS = re.compile(r"[^0-9A-Z]+")


@dataclass(frozen=True, slots=True)
class _Marked:
    """What a code of the bank means, on lines of this direction; on others it says nothing, and no word may."""

    nature: str
    direction: str


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The words of one nature."""

    nature: str
    direction: str
    beside_reference: bool
    any: re.Pattern[str]
    never: re.Pattern[str] | None

    def speak(self, text: str, credit: bool, referenced: bool) -> bool:
        if referenced and not self.beside_reference:
            return False
        if self.direction != "BOTH" and (self.direction == "CRDT") != credit:
            return False
        return self.any.search(text) is not None and not (self.never and self.never.search(text))


def nature(code: str, memo: str, *, credit: bool, reversal: bool, referenced: bool, own: bool) -> str:
    """A Kind's name, `REFUND` and `CHARGEBACK` among them, or an empty text. `own`: both sides are our accounts.

    A reversal undoes a line of the other direction and is of that line's nature.
    """
    if own:
        return "INTERNAL_TRANSFER"
    codes, phrases = _data()
    origin = credit != reversal
    if marked := codes.get(_mark(code)):
        return marked.nature if marked.direction in ("BOTH", "CRDT" if origin else "DBIT") else ""
    text = f" {folded(memo)} "
    return next((p.nature for p in phrases if p.speak(text, origin, referenced)), "")


def folded(text: str) -> str:
    """Upper case, no accents, one space between runs of ASCII letters and digits."""
    return " ".join(_GAPS.sub(" ", _bare(text)).split())


def squeezed(text: str) -> str:
    """Upper-case ASCII letters and digits alone: how identifiers of others are compared."""
    return _GAPS.sub("", _bare(text))


def _bare(text: str) -> str:
    if text.isascii():
        return text.upper()
    apart = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in apart if not unicodedata.combining(c)).upper()


def _mark(code: str) -> str:
    """CHRG of PMNT/MDOP/CHRG, CHG of NCHG; a bank's own code as it stands."""
    last = code.rpartition("/")[2].strip().upper()
    return last[1:] if "/" not in code and len(last) == 4 and last[0] in "NFS" else last


@lru_cache(maxsize=1)
def _data() -> tuple[dict[str, _Marked], tuple[_Phrases, ...]]:
    data = json.loads(files(__package__).joinpath("natures.json").read_text("utf-8"))
    codes = {code: _Marked(entry["nature"], entry["direction"]) for entry in data["codes"] for code in entry["any"]}
    return codes, tuple(_phrases(entry) for entry in data["phrases"])


def _phrases(entry: dict[str, object]) -> _Phrases:
    any_of, never = _one_of(entry["any"]), _one_of(entry["never"])
    assert any_of is not None  # an entry without phrases would speak of every line
    return _Phrases(str(entry["nature"]), str(entry["direction"]), bool(entry["beside_reference"]), any_of, never)


def _one_of(phrases: object) -> re.Pattern[str] | None:
    assert isinstance(phrases, list)
    return re.compile(f" (?:{'|'.join(map(re.escape, phrases))}) ") if phrases else None
