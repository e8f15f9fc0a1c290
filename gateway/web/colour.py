"""Colours an agency may choose: written `#rrggbb`, readable on every paper of ours (WCAG 2.2, 1.4.3: 4.5:1)."""

from __future__ import annotations

import re

PAPERS = ("#ffffff", "#f3f5f8")  # --paper and --ground of static/pages.css
LEAST_CONTRAST = 4.5


def read(text: str) -> str | None:
    """A colour as it is kept, None for anything else."""
    told = text.strip().lower()
    return told if re.fullmatch(r"#[0-9a-f]{6}", told) else None


def least_contrast(colour: str) -> float:
    """Against the paper it stands out from least; the same as of white words on it, or better."""
    return min(contrast(colour, paper) for paper in PAPERS)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours by WCAG 2."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, percent: int) -> str:
    """`colour` with `percent` of `other` in it."""
    parts = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{(mine * (100 - percent) + its * percent) // 100:02x}" for mine, its in parts)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (p / 255 for p in _parts(colour))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
