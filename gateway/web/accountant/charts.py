"""Bar charts as inline SVG: no script, no style attribute, printed as they are; a table with the same figures stands beside."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT, FOOT, TOP, WIDEST = 480, 190, 24, 22, 56


def bars(title: str, items: Sequence[tuple[str, int]], unit: str = "") -> Markup:
    """One bar an item; the largest says how much it is. Labels of crowded charts are left out in turn."""
    most = max((value for _, value in items), default=0)
    step = WIDTH / max(1, len(items))
    every = -(-len(items) // 8)
    drawn = [
        _bar(position, step, label, value, most, unit, position % every == 0)
        for position, (label, value) in enumerate(items)
    ]
    return Markup(  # noqa: S704 - every text in it is escaped
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f'<line class="chart-line" x1="0" y1="{HEIGHT - FOOT}" x2="{WIDTH}" y2="{HEIGHT - FOOT}"/>{"".join(drawn)}</svg>'
    )


def _bar(position: int, step: float, label: str, value: int, most: int, unit: str, named: bool) -> str:
    room = HEIGHT - FOOT - TOP
    height = room * value // most if most else 0
    width = min(WIDEST, step * 0.7)
    middle = round(position * step + step / 2, 1)
    left, top = round(middle - width / 2, 1), HEIGHT - FOOT - height
    said = escape(f"{label}: {value:,}{unit}".replace(",", "."))
    text = f'<rect class="chart-bar" x="{left}" y="{top}" width="{round(width, 1)}" height="{height}"><title>{said}</title></rect>'
    if named:
        text += f'<text class="chart-text" x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(label)}</text>'
    if value and value == most:
        anchor = "start" if position == 0 else "end" if middle > WIDTH - 60 else "middle"
        at = left if position == 0 else WIDTH if middle > WIDTH - 60 else middle
        shown = escape(f"{value:,}{unit}".replace(",", "."))
        text += f'<text class="chart-text" x="{at}" y="{top - 6}" text-anchor="{anchor}">{shown}</text>'
    return text
