"""The worker's lane for what follows a receipt: warnings in time, time stamps, revocation answers, the list of those replaced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.delivery import replaced_list, revocation, series_watch, stamping
from gateway.delivery.documents import SigningKeys
from gateway.kernel.uow import Environment

WATCH_EVERY = timedelta(hours=1)
LIST_EVERY = timedelta(minutes=1)
REVOCATION_EVERY = timedelta(minutes=10)  # looked at; asked only when the kept answer has ended
STAMP_EVERY = timedelta(seconds=5)


class ReceiptLane:
    """`keys` gives the signing keys, if there are any yet."""

    def __init__(self, environment: Environment, keys: Callable[[], SigningKeys | None]) -> None:
        self._environment = environment
        self._keys = keys
        self._last: dict[str, datetime] = {}
        self._authority: stamping.Authority | None = None

    @property
    def steps(self) -> tuple[Callable[[], int], ...]:
        """In order; each says how much it did."""
        return (self.watch, self.ask_revocation, self.stamp, self.list_replaced)

    def watch(self) -> int:
        """Registrations, certificates, delegations and numbers that end."""
        return series_watch.watch(self._environment) if self._time_for("watch", WATCH_EVERY) else 0

    def ask_revocation(self) -> int:
        """Of the certificates that sign; off without THUPHI_OCSP_HOSTS."""
        if not self._environment.settings.ocsp_hosts or not self._time_for("revocation", REVOCATION_EVERY):
            return 0
        keys = self._keys()
        return revocation.renew(self._environment, [one.certificate for one in keys.signers]) if keys else 0

    def stamp(self) -> int:
        """Off without THUPHI_TSA_URL."""
        url = self._environment.settings.tsa_url
        if not url or not self._time_for("stamp", STAMP_EVERY):
            return 0
        if self._authority is None:
            self._authority = stamping.HttpAuthority(url)
        return stamping.stamp_waiting(self._environment, self._authority)

    def list_replaced(self) -> int:
        """The signed list that offline checks need."""
        keys = self._keys() if self._time_for("list", LIST_EVERY) else None
        return replaced_list.renew(self._environment, keys.token) if keys else 0

    def _time_for(self, act: str, every: timedelta) -> bool:
        now = self._environment.clock()
        if act in self._last and now - self._last[act] < every:
            return False
        self._last[act] = now
        return True
