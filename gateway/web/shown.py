"""A payment as its link's holder sees it: the screen, what the books add to it, and the agency's theme, in one reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from starlette.requests import Request

from connectors.vietqr import deeplink
from gateway.kernel.canonical import fingerprint
from gateway.kernel.clock import business_day
from gateway.kernel.uow import Environment
from gateway.web import explain, rating, screen, theme
from gateway.web.explain import Doubts, Explained
from gateway.web.screen import Screen
from gateway.web.theme import Theme


@dataclass(frozen=True, slots=True)
class Shown:
    """What one look at the database found, at `now` (UTC)."""

    screen: Screen
    told: Explained
    theme: Theme
    rated: bool
    now: datetime

    @property
    def version(self) -> str:
        """Changes whenever the page would."""
        return fingerprint([self.screen.version, *self.told.version, self.theme.version])[:12]

    def bank_links(self, back: str) -> tuple[deeplink.Link, ...]:
        """Links that open banks' apps; none unless the agency wants them and there is a code to pay."""
        if not self.theme.bank_links or self.screen.payload is None:
            return ()
        view = self.screen.view
        transfer = deeplink.Transfer(
            bin=view.account.bin,
            account=view.account.number,
            holder=view.account.holder,
            amount=view.remaining,
            memo=view.memo,
            return_url=back,
        )
        return deeplink.links(deeplink.of({"enabled": True}), transfer, business_day(self.now))


def by_token(request: Request) -> Shown:
    """The payment whose link the address is. PaymentMissing."""
    environment: Environment = request.app.state.environment
    with environment.read() as connection:
        found = screen.by_token(connection, request.path_params["token"], environment.clock())
        ask: Doubts = getattr(request.app.state, "doubts", explain.provider_doubt)
        return _with_more(connection, found, ask, environment.clock())


def _with_more(connection: sa.Connection, found: Screen, ask: Doubts, now: datetime) -> Shown:
    row, receipts = found.view.row, [item.id for item in found.view.receipts]
    return Shown(
        found,
        explain.explain(connection, found, ask, now),
        theme.of(connection, row.agency_id),
        bool(receipts) and bool(rating.rated(connection, row.agency_id, receipts)),
        now,
    )
