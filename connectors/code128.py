"""Code 128, code set B with C for runs of digits (ISO/IEC 15417): what a wedge scanner reads beside the QR.

Values, never images: bars are widths in modules, the SVG is drawn from them with the quiet zones of ten modules.
"""

from __future__ import annotations

import re

# Bar and space widths of values 0 to 105 (ISO/IEC 15417, table 1), then the stop.
_TABLE = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221"
    "223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321"
    "112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131"
    "311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114"
    "122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141"
    "214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232"
)
_WIDTHS = [_TABLE[at : at + 6] for at in range(0, len(_TABLE), 6)]
_STOP = "2331112"
_CODE_C, _CODE_B, _START_B, _START_C = 99, 100, 104, 105
QUIET = 10  # modules on each side
LONGEST = 48
_RUN = re.compile(r"[0-9]{4,}")


class NotEncodable(ValueError):
    """Code set B has printable ASCII only."""

    kind = "invalid"
    code = "code128.text"


def values(text: str) -> list[int]:
    """Start, data, check character: the symbol's values without the stop. Raises NotEncodable."""
    if not 0 < len(text) <= LONGEST or any(not " " <= character <= "~" for character in text):
        raise NotEncodable("1 to 48 printable ASCII characters")
    found: list[int] = []
    in_c = False
    for piece, digits in _pieces(text):
        if digits != in_c or not found:
            found.append(_switch(digits, first=not found))
            in_c = digits
        found += _pairs(piece) if digits else [ord(character) - 32 for character in piece]
    check = (found[0] + sum(place * value for place, value in enumerate(found[1:], 1))) % 103
    return [*found, check]


def bars(text: str) -> list[int]:
    """Widths in modules: bar, space, bar ... beginning and ending with a bar. Raises NotEncodable."""
    return [int(width) for value in values(text) for width in _WIDTHS[value]] + [int(width) for width in _STOP]


def svg(text: str, *, height: int = 40, title: str = "") -> str:
    """A drawing that scales without blur; `title` is what a screen reader says. Raises NotEncodable."""
    widths = bars(text)
    wide, at, path = sum(widths) + 2 * QUIET, QUIET, []
    for place, width in enumerate(widths):
        if place % 2 == 0:
            path.append(f"M{at} 0h{width}v{height}h-{width}z")
        at += width
    name = _escaped(title or text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {height}" role="img" aria-label="{name}" '
        f'shape-rendering="crispEdges"><rect width="{wide}" height="{height}" fill="#fff"/>'
        f'<path d="{"".join(path)}" fill="#000"/></svg>'
    )


def _pieces(text: str) -> list[tuple[str, bool]]:
    """Runs of at least four digits, of even length, apart from the rest."""
    found: list[tuple[str, bool]] = []
    at = 0
    for run in _RUN.finditer(text):
        start = run.start() + len(run[0]) % 2
        if start > at:
            found.append((text[at:start], False))
        found.append((text[start : run.end()], True))
        at = run.end()
    return [*found, (text[at:], False)] if at < len(text) else found


def _switch(digits: bool, *, first: bool) -> int:
    if first:
        return _START_C if digits else _START_B
    return _CODE_C if digits else _CODE_B


def _pairs(digits: str) -> list[int]:
    return [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
