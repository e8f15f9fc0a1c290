"""A counter clerk for the tests: plausible facts, and a desk that numbers them on a given database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import sqlalchemy as sa

from gateway.kernel.ids import Ids
from gateway.kernel.vault import Vault
from receipts import series, store
from receipts.issue import issue
from receipts.model import CollectingOrg, DossierFacts, FeeLine, MoneyFacts, Numbered, Payer, ReceiptFacts

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
DAY = date(2026, 11, 24)
TAX_CODE = "2800000001"
SEALER = Vault({1: bytes(range(32))}, 1)
LE_PHI = FeeLine("LE_PHI", "LP-CCHN", "Lệ phí cấp chứng chỉ hành nghề", 1, 100_000, 100_000)
PHI = FeeLine("PHI", "P-TD", "Phí thẩm định hồ sơ", 2, 75_000, 150_000, chapter="417", sub_item="2763")

_serial = count(1)


def make_facts(source: str | None = None, **changes: Any) -> ReceiptFacts:
    """The facts of one receipt over 100.000 đồng; every call another source unless named."""
    source = source or f"src_{next(_serial)}"
    facts = ReceiptFacts(
        source=source,
        owner="agc_thanhhoa",
        payment=f"pay_{source}",
        org=CollectingOrg("Sở Xây dựng tỉnh Thanh Hóa", TAX_CODE, "36 Đại lộ Lê Lợi, Thanh Hóa", identifier="H56.17"),
        payer=Payer("Nguyễn Thị Đặng Ánh", id_number="038090001234"),
        dossier=DossierFacts("000.17.22.H56-261124-0001", "1.004616", "Cấp chứng chỉ hành nghề hoạt động xây dựng"),
        lines=(LE_PHI,),
        day=DAY,
        method="QR",
        money=MoneyFacts("BLQ7KQ2M9XD4TPA", NOW, "VietinBank"),
    )
    return replace(facts, **changes)


class Desk:
    """Opens series and issues receipts, a database transaction each."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.ids = Ids()
        store.metadata.create_all(engine)

    def mint(self, prefix: str) -> str:
        return self.ids.new(prefix, NOW)

    def open(self, symbol: str = "26TAA", owner: str = "agc_thanhhoa", **more: Any) -> series.Series:
        with self.engine.begin() as connection:
            return series.open_series(
                connection,
                **{"owner": owner, "tax_code": TAX_CODE, "symbol": symbol, "now": NOW, "mint": self.mint} | more,
            )

    def issue_in(self, connection: sa.Connection, facts: Sequence[ReceiptFacts]) -> list[Numbered]:
        return issue(connection, facts, now=NOW, mint=self.mint, sealer=SEALER, lookup_code=lambda: self.ids.code(12))

    def issue(self, *facts: ReceiptFacts) -> list[Numbered]:
        with self.engine.begin() as connection:
            return self.issue_in(connection, facts)

    def gaps(self) -> list[series.Gap]:
        with self.engine.begin() as connection:
            return series.gaps(connection)

    def numbers(self) -> list[int]:
        with self.engine.begin() as connection:
            return list(connection.execute(sa.select(store.receipt.c.number).order_by("number")).scalars())
