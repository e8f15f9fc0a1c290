"""From a stranger's bytes to a tree of elements and text, and nothing else: UTF-8, XML 1.0, at most 1 MB.

No DTD, entity, comment, marked section or instruction is let in, so nothing can be expanded or fetched, and what a
canonical form would drop is not there to be read.
"""

from __future__ import annotations

import re

from lxml import etree

from receipts.refused import Refused
from receipts.shapes import BLANK

MAX_BYTES = 1_000_000
MAX_NAMESPACES = 32  # a receipt declares seven; canonical form takes quadratic time in their number

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_S = f"[{BLANK}]"
_DECLARATION = re.compile(
    rf"<\?xml{_S}+version{_S}*={_S}*(?:\"1\.0\"|'1\.0')"
    rf"(?:{_S}+encoding{_S}*={_S}*(?P<encoding>\"[A-Za-z0-9._-]+\"|'[A-Za-z0-9._-]+'))?"
    rf"(?:{_S}+standalone{_S}*={_S}*(?:\"(?:yes|no)\"|'(?:yes|no)'))?{_S}*\?>"
)
_FORBIDDEN = {"<!DOCTYPE": "doctype", "<!ENTITY": "doctype", "<!--": "comment", "<!": "cdata", "<?": "instruction"}


def parse(data: bytes) -> etree._Element:
    """The root of the file. Raises Refused `file.too_large`, `file.empty` or `structure.*`."""
    if len(data) > MAX_BYTES:
        raise Refused("file.too_large", f"the file is larger than {MAX_BYTES} bytes")
    if not data.strip():
        raise Refused("file.empty", "the file is empty")
    _refuse_markup(_without_declaration(_text(data)))
    try:
        return etree.fromstring(data, strict_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("structure.not_xml", "the file is not well-formed XML") from error


def strict_parser() -> etree.XMLParser:
    """Expands nothing, fetches nothing, keeps libxml2's own limits."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _text(data: bytes) -> str:
    if data.startswith(_BYTE_ORDER_MARKS):
        raise Refused("structure.byte_order_mark", "the file begins with a byte order mark")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused("structure.encoding", "the file is not UTF-8") from error


def _without_declaration(text: str) -> str:
    """The text behind the XML declaration, which may be missing."""
    if not text.startswith("<?xml"):
        return text
    found = _DECLARATION.match(text)
    if found is None:
        raise Refused("structure.declaration", "the XML declaration is not that of XML 1.0")
    if found["encoding"] and found["encoding"][1:-1].upper() != "UTF-8":
        raise Refused("structure.encoding", "the file declares another encoding than UTF-8")
    return text[found.end() :]


def _refuse_markup(text: str) -> None:
    """In XML `<!` and `<?` begin nothing but declarations, comments, marked sections and instructions."""
    if text.count("xmlns") > MAX_NAMESPACES:
        raise Refused("structure.namespaces", f"the file declares more than {MAX_NAMESPACES} namespaces")
    if "<!" not in text and "<?" not in text:
        return
    for begin, code in _FORBIDDEN.items():
        if begin in text:
            raise Refused(f"structure.{code}", f"the file holds {begin}")
