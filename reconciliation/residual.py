"""P5: what hangs together crosswise, several lines for several payments, is one match if the sums agree, else one break.

Union-find over the edges that SQL leaves. It never allocates: which line pays which payment inside a component is not
known, and a first fit would guess wrong (reconciliation specification, section 2.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciliation.model import Kind


@dataclass(slots=True)
class _Component:
    """Lines and targets (payments or batches) that edges join."""

    lines: dict[str, tuple[str, int]] = field(default_factory=dict)  # line id -> sort key, amount
    targets: dict[str, tuple[int, int, bool, bool, bool]] = field(default_factory=dict)

    def verdict(self) -> tuple[Kind, str]:
        """As P2 would judge one line and one payment of these sums."""
        came, expected = self.line_sum, self.expected
        if came != expected:
            return Kind.AMBIGUOUS, "component.unequal"
        if not all(sound for _, _, _, sound, _ in self.targets.values()):
            return Kind.FEE_MISMATCH, "batch.row_differs"
        if not all(proved for _, _, proved, _, _ in self.targets.values()):
            return Kind.MONEY_WITHOUT_RECEIPT, "receipt.missing_among"
        if all(batch for *_, batch in self.targets.values()):
            return Kind.MATCH_BATCH, "component.batches_equal"
        return Kind.MATCH_MANY_TO_MANY, "component.equal"

    @property
    def line_sum(self) -> int:
        return sum(amount for _, amount in self.lines.values())

    @property
    def expected(self) -> int:
        return sum(amount for amount, *_ in self.targets.values())

    @property
    def payment_sum(self) -> int:
        return sum(claim for _, claim, *_ in self.targets.values())


def components(edges: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Rows of the table `component`, in the order of its columns.

    An edge is (line_id, target, line_amount, target_amount, claim, proved, sound, batch, sort_key).
    """
    for component in _joined([tuple(edge) for edge in edges]):
        kind, rule = component.verdict()
        group, lead = f"c:{min(component.targets)}", min((key, line) for line, (key, _) in component.lines.items())[1]
        shared = (len(component.lines), len(component.targets))
        sums = (component.line_sum, component.expected, component.payment_sum)
        for line in sorted(component.lines):
            yield (line, 1, group, kind.value, rule, int(line == lead), *shared, *sums)
        for target in sorted(component.targets):
            yield (target, 0, group, kind.value, rule, 0, *shared, *sums)


def _joined(edges: list[tuple[Any, ...]]) -> list[_Component]:
    parent: dict[str, str] = {}

    def root(member: str) -> str:
        parent.setdefault(member, member)
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for line, target, *_ in edges:
        parent[root(f"l:{line}")] = root(target)
    found: dict[str, _Component] = {}
    for line, target, line_amount, target_amount, claim, proved, sound, batch, sort_key in edges:
        component = found.setdefault(root(target), _Component())
        component.lines[line] = (sort_key, line_amount)
        component.targets[target] = (target_amount, claim, bool(proved), bool(sound), bool(batch))
    return list(found.values())
