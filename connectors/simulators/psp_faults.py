"""How a payment service misbehaves: when its notifications leave and which of them lie; what becomes of its answers.

Faults of notifications are drawn as a plan from given bits. Faults of answers are armed beforehand and hit one call each.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from connectors.contract import Call, Failure, Reply
from connectors.simulators.bank_faults import Bits, between
from connectors.simulators.psp_refused import PspRefused, PspSilent

IPN_FAULTS = frozenset({"late", "duplicate", "reorder", "wrong_amount", "bad_signature", "drop"})
# drop: the call is lost on its way; silent: it is carried out and its answer lost; slow: the answer drips for a minute.
CALL_FAULTS = frozenset({"drop", "silent", "slow", "cut", "html", "server_error", "bad_signature"})

# Milliseconds by which each fault holds the first notification back. A held one is overtaken by the next payment's,
# which leaves at once: that is all `reorder` needs.
HELD = {"late": (1_000, 5_000), "reorder": (500, 3_000)}
FORGED_AHEAD = (200, 1_000)
REPEAT_AFTER = (200, 2_000)
SLOW_S = 60

Kind = Literal["genuine", "bad_signature", "wrong_amount"]

HTML = b"<!DOCTYPE html><html><body><h1>Please wait</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Planned:
    """One notification to come."""

    after_ms: int
    kind: Kind = "genuine"

    @property
    def forged(self) -> bool:
        """Not from the service: its sender does not try again."""
        return self.kind == "bad_signature"


def checked(faults: Collection[str], known: frozenset[str]) -> tuple[str, ...]:
    """The faults in the order given. Raises PspRefused naming those that do not exist."""
    asked = (faults,) if isinstance(faults, str) else tuple(faults)
    if unknown := set(asked) - known:
        raise PspRefused("psp.fault_unknown", field="faults", detail=", ".join(sorted(unknown)))
    return asked


def plan(faults: Collection[str], bits: Bits) -> tuple[Planned, ...]:
    """The notifications of one outcome. `wrong_amount` is under a genuine signature, `bad_signature` a stranger's."""
    notices = []
    first = max((between(bits, *HELD[fault]) for fault in sorted(HELD.keys() & set(faults))), default=0)
    if "bad_signature" in faults:
        notices.append(Planned(0, "bad_signature"))
        first = max(first, between(bits, *FORGED_AHEAD))
    if "drop" in faults:
        return tuple(notices)
    kind: Kind = "wrong_amount" if "wrong_amount" in faults else "genuine"
    moments = [first]
    if "duplicate" in faults:  # one to four more, the first of them at the very same time
        moments += [first, *(first + between(bits, *REPEAT_AFTER) for _ in range(between(bits, 0, 3)))]
    return (*notices, *(Planned(moment, kind) for moment in moments))


def spoiled(fault: str, call: Call, reply: Reply) -> Reply:
    """What of an answer reaches the caller. Raises PspSilent where nothing does in the time it waits."""
    match fault:
        case "silent":
            raise PspSilent(Failure.TIMEOUT)
        case "slow" if call.timeout_s < SLOW_S:
            raise PspSilent(Failure.TIMEOUT)
        case "cut":
            return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.content_type)
        case "html":
            return Reply(200, HTML, "text/html")
        case "server_error":
            return Reply(500, reply.body, reply.content_type)
    return reply
