"""Seal the day: number every leaf of the audit trail, sign the head of the tree, and prove what was written."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.audit import checkpoints, keys, sequencer
from gateway.audit.checkpoints import Head
from gateway.audit.leaves import Flaw
from gateway.audit.verify import verify
from gateway.trial.found import Trial


@dataclass(frozen=True, slots=True)
class Sealed:
    """The signed head over the whole day, and what the proof found wrong (nothing)."""

    head: Head
    flaws: tuple[Flaw, ...]


def seal(trial: Trial) -> Sealed:
    """The last act of the day: after it nothing of it can be changed unseen."""
    environment = trial.environment
    sequencer.number_all(environment)
    directory = environment.settings.keys
    checkpoints.sign(environment, keys.make(directory), now_at_once=True)
    with environment.read() as connection:
        head, proven = checkpoints.require(connection), verify(connection, keys.trusted(directory))
    kept = trial.directory / "reports" / "audit" / "checkpoint.txt"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(head.note, "utf-8")
    return Sealed(head, proven.flaws)
