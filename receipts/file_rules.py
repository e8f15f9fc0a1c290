"""The rules that the bytes of a receipt file keep before anything in it can be read."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from receipts.check import Rule
from receipts.parse import MAX_BYTES, parse
from receipts.refused import Refused
from receipts.rules import FORMAT, PROFILE

SIZE = frozenset({"file.too_large"})
ENCODING = frozenset({"structure.byte_order_mark", "structure.encoding"})


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The root of a file, or the code of what kept it from being read."""

    root: etree._Element | None
    code: str = ""

    @property
    def data(self) -> etree._Element | None:
        """`DLBLai`: in `BLai`, or alone as it is before it is signed."""
        if self.root is None or self.root.tag == "DLBLai":
            return self.root
        return self.root.find("DLBLai") if self.root.tag == "BLai" else None

    @property
    def signed(self) -> bool:
        """Whether there is a signature at all."""
        return self.root is not None and next(self.root.iter("{*}Signature"), None) is not None


def opened(data: bytes) -> ReadFile:
    """Never raises."""
    try:
        return ReadFile(parse(data))
    except Refused as refused:
        return ReadFile(None, refused.code)


def _size(file: ReadFile) -> list[str]:
    return [file.code] if file.code in SIZE else []


def _encoding(file: ReadFile) -> list[str] | None:
    if file.code in SIZE:
        return None
    return [file.code] if file.code in ENCODING else []


def _xml(file: ReadFile) -> list[str] | None:
    if file.code in SIZE | ENCODING:
        return None
    return [file.code] if file.code else []


def _root(file: ReadFile) -> list[str] | None:
    if file.root is None:
        return None
    return [] if file.data is not None else [str(file.root.tag).rpartition("}")[2][:40]]


FILE_RULES: tuple[Rule[ReadFile], ...] = (
    Rule("file.size", PROFILE, f"Tệp không quá {MAX_BYTES} byte", f"the file has at most {MAX_BYTES} bytes", _size),
    Rule("file.encoding", FORMAT, "UTF-8, không có BOM", "UTF-8 without a byte order mark", _encoding),
    Rule(
        "file.xml",
        PROFILE,
        "XML 1.0 đúng cú pháp, không DTD, chú thích, CDATA, chỉ thị",
        "well-formed XML 1.0 without DTD, comments, marked sections or instructions",
        _xml,
    ),
    Rule("file.root", PROFILE, "Gốc là BLai có DLBLai", "the root is BLai and holds DLBLai", _root),
)
