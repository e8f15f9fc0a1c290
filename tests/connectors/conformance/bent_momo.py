"""Wrong ones among the example wallets; their samples are MoMo's."""

from __future__ import annotations

from dataclasses import replace

from example_wallets.momo import MoMo
from example_wallets.momo_samples import samples

from connectors.contract import Answer, Call, Desk, Failure, Outcome, Reply

__all__ = ["Credulous", "Offering", "samples"]


class Credulous(MoMo):
    """Takes an answer that nobody signed for money."""

    name = "credulous"

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        told = super().read(call, reply, desk)
        return replace(told, outcome=Outcome.PAID) if told.outcome is Outcome.PENDING else told


class Offering(MoMo):
    """Offers a call that it says is unproven."""

    name = "offering"
    capabilities = replace(MoMo.capabilities, unverified=frozenset({"start"}))
