"""Reprints are counted and say so; a paper conversion names who made it and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.delivery import printing
from gateway.delivery.documents import sign_waiting
from gateway.kernel.outbox import event
from gateway.kernel.uow import Environment
from receipts import store
from tests.receipts.paper import kept, text_of
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    town = Town(environment, tmp_path)
    town.money_comes(town.payment(LE_PHI))
    return town


def test_the_first_print_bears_no_mark_and_the_next_ones_count(town: Town, tmp_path: Path) -> None:
    sign_waiting(town.environment, town.keys)
    receipt = town.receipts()[0].id
    said = []
    for paper in ("a5", "slip", "a5"):
        with town.environment.begin(actor="officer:lan", agency=AGENCY) as uow:
            said.append(text_of(kept(printing.reprint(uow, AGENCY, receipt, paper=paper), tmp_path)))  # type: ignore[arg-type]
    assert "In lại" not in said[0]
    assert "In lại lần 1" in said[1]
    assert "In lại lần 2" in said[2]
    with town.environment.begin(actor="officer:lan", agency=AGENCY) as uow:
        text = text_of(kept(printing.convert(uow, AGENCY, receipt, "Trần Thị Lan"), tmp_path))
    assert "Bản giấy chuyển đổi từ biên lai điện tử" in text
    assert "Người chuyển đổi: Trần Thị Lan, lúc 09:30 ngày 24/11/2026" in text
    rows = sorted((row.kind, row.nth, row.printed_by) for row in town.rows(store.printing))
    assert rows == [("conversion", 0, "officer:lan"), *(("print", n, "officer:lan") for n in range(3))]
    assert len([row for row in town.rows(event) if row.kind == "receipt.print"]) == 3


def test_only_one_s_own_and_only_what_is_signed(town: Town) -> None:
    receipt = town.receipts()[0].id
    with pytest.raises(store.NotSigned), town.environment.begin(actor="x", agency=AGENCY) as uow:
        printing.reprint(uow, AGENCY, receipt)
    with pytest.raises(store.ReceiptMissing), town.environment.begin(actor="x", agency="H57") as uow:
        printing.reprint(uow, "H57", receipt)
    assert town.rows(store.printing) == []
