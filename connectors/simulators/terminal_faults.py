"""How a terminal, its line and its customer misbehave. Each fault is armed beforehand and hits once, at its moment.

`cut_before_send`     the payment never reaches the terminal
`cut_after_approve`   the line to the till breaks once the host has approved, for half a minute
`cut_before_answer`   the answer is ready and the connection goes
`line_dead`           as `cut_after_approve`, and the line stays dead until `repaired`
`power_loss`          the terminal dies after the host's approval, before it has written it down; up again in a minute
`power_loss_after`    the same, after it has written it down
`duplicate`           the payment reaches the terminal twice
`late_approval`       the host takes seven minutes
`host_silent`         the host approves and its answer is lost on the line to the terminal
`refused_reversal`    the host refuses to undo
`totals_differ`       the host says that the batch's totals differ
`wrong_pin`, `no_card`, `cancel`   the customer's part
"""

from __future__ import annotations

from collections.abc import Collection

LINE = ("cut_before_send", "cut_after_approve", "cut_before_answer", "line_dead", "duplicate")
MACHINE = ("power_loss", "power_loss_after", "late_approval")
HOST = {
    "host_silent": "away",
    "refused_reversal": "refuse_void",
    "totals_differ": "totals_differ",
    "declined": "refuse",
}
CUSTOMER = ("wrong_pin", "no_card", "cancel")
FAULTS = frozenset({*LINE, *MACHINE, *HOST, *CUSTOMER})

CUT_S = 30
DARK_S = 60
LATE_S = 420


class FaultUnknown(ValueError):
    """There is no such fault."""

    kind = "invalid"
    code = "terminal.fault_unknown"


def checked(faults: Collection[str]) -> tuple[str, ...]:
    """The faults in the order given. Raises FaultUnknown."""
    asked = (faults,) if isinstance(faults, str) else tuple(faults)
    if unknown := set(asked) - FAULTS:
        raise FaultUnknown(", ".join(sorted(unknown)))
    return asked
