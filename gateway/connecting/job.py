"""What the jobs of this room have in common: the lease, the fence, and how long a thing is tried.

A handler asks first and writes after, in one transaction that also finishes or puts off its job: who has lost the lease
writes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.kernel import outbox
from gateway.kernel.outbox import Claimed
from gateway.kernel.uow import UnitOfWork

LEASE = timedelta(minutes=3)  # longer than the longest call with its repeats
MOST_ATTEMPTS = 12  # of a job that fails for a reason nobody foresaw; then a person sees it among the stuck


class LeaseLost(RuntimeError):
    """Another worker has the job by now; what this one was about to write is undone."""


def finish(uow: UnitOfWork, job: Claimed) -> None:
    """Done, if it is still ours. Raises LeaseLost."""
    if not outbox.finish(uow.connection, [job], now=uow.now()):
        raise LeaseLost(job.id)


def later(uow: UnitOfWork, job: Claimed, until: datetime | None, why: str) -> None:
    """Once more at `until`; None: given up, for a person to see."""
    outbox.put_off(uow.connection, job, until=until, error=why, now=uow.now())
