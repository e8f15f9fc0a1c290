"""A company pays many dossiers of several agencies: one transfer per account, its own receipts, one file with all."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from lxml import etree

from gateway.baskets import codes, fill, pack
from gateway.baskets.model import Basket, BasketInvalid, BasketMissing, Left
from gateway.delivery.documents import render_waiting, sign_waiting
from gateway.kernel.uow import Environment
from receipts.reading import read
from tests import town as town_module
from tests.gateway.baskets.neighbour import COMPANY, OTHER, deliver_to_both, dossier_of, settle_in
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(town_module, "PAYER", COMPANY)
    town = Town(environment, tmp_path)
    settle_in(town)
    return town


def made(town: Town, typed: list[str], number: str = COMPANY.tax_code) -> Basket:
    with town.environment.begin(actor="payer") as uow:
        token = fill.fill(uow, typed, number)
    return look(town, token)


def look(town: Town, token: str) -> Basket:
    with town.environment.read() as connection:
        return fill.standing(connection, token, town.environment.vault)


def pay(town: Town, basket: Basket) -> None:
    """The company scans each QR that is still to be paid; both agencies hear of it, and sign."""
    for view in basket.payments:
        if view.payload:
            town.bank.pay(view.payload)
            deliver_to_both(town)
    while sign_waiting(town.environment, town.keys):
        pass
    while render_waiting(town.environment, town.keys):
        pass


def test_forty_dossiers_of_two_agencies_end_with_forty_receipts_and_one_zip(town: Town) -> None:
    mine = [town.dossier(LE_PHI).dossier.code for _ in range(25)]
    theirs = [dossier_of(town, number) for number in range(15)]
    basket = made(town, mine + theirs)
    asked = [(view.agency.id, view.row.amount) for view in basket.payments]
    assert asked == [(AGENCY, 25 * 135_000), (OTHER, 15 * 60_000)]
    assert (basket.amount, basket.paid, basket.left_out) == (4_275_000, 0, ())

    town.bank.pay(basket.payments[0].payload or "")
    deliver_to_both(town)
    assert look(town, basket.token).paid == 1
    pay(town, look(town, basket.token))
    basket = look(town, basket.token)
    assert basket.paid == 2
    assert {row.dossier_code: row.amount for row in receipts_of(basket)} == (
        dict.fromkeys(mine, 135_000) | dict.fromkeys(theirs, 60_000)
    )
    assert len(receipts_of(basket)) == 40
    assert {(row.owner, row.symbol) for row in receipts_of(basket)} == {(AGENCY, "26TAA"), (OTHER, "26TBB")}
    is_whole(town, basket)
    town.ties()


def receipts_of(basket: Basket) -> list[sa.Row[Any]]:
    return [row for view in basket.payments for row in view.receipts]


def is_whole(town: Town, basket: Basket) -> None:
    """One ZIP: XML and PDF of each receipt in the company's name and tax code, and a list that adds up."""
    with town.environment.read() as connection:
        packed = zipfile.ZipFile(BytesIO(pack.pack(connection, basket, town.environment.vault)))
    names = packed.namelist()
    for kind, begins in (("xml", b"<"), ("pdf", b"%PDF-")):
        found = [name for name in names if name.endswith(f".{kind}")]
        assert len(set(found)) == len(receipts_of(basket))
        assert all(packed.read(name).startswith(begins) for name in found)
    said = [read(etree.fromstring(packed.read(name))[0]) for name in names if name.endswith(".xml")]
    assert {(one.payer.name, one.payer.tax_code) for one in said} == {(COMPANY.name, COMPANY.tax_code)}
    sheet = openpyxl.load_workbook(BytesIO(packed.read("bien-lai.xlsx"))).worksheets[0]
    assert sum(row[6] for row in sheet.iter_rows(min_row=2, values_only=True)) == basket.amount


def test_what_is_not_the_payers_is_as_good_as_unknown(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = town.dossier(LE_PHI).dossier.code
    monkeypatch.setattr(town_module, "PAYER", replace(COMPANY, tax_code="0100112437"))
    foreign = town.dossier(LE_PHI).dossier.code
    basket = made(town, [mine, foreign, "H56.17-000000-0000"])
    assert [(one.code, one.why) for one in basket.left_out] == [
        (foreign, Left.UNKNOWN),
        ("H56.17-000000-0000", Left.UNKNOWN),
    ]


def test_what_is_paid_is_left_out_and_nothing_left_is_refused(town: Town) -> None:
    view = town.dossier(LE_PHI)
    town.money_comes(town.pay_for(view))
    with pytest.raises(BasketInvalid) as refused:
        made(town, [view.dossier.code])
    assert refused.value.facts["left_out"] == [(view.dossier.code, Left.PAID)]


def test_a_bank_limit_splits_the_transfer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors import registry

    can = registry.get("vietinbank").capabilities
    monkeypatch.setattr(registry.get("vietinbank"), "capabilities", replace(can, maximum_amount=300_000))
    typed = [town.dossier(LE_PHI).dossier.code for _ in range(5)]
    basket = made(town, typed)
    assert [view.row.amount for view in basket.payments] == [270_000, 270_000, 135_000]


@pytest.mark.parametrize("number", ["", "123", "0100109107", "x" * 12])
def test_a_number_that_is_none_is_refused(town: Town, number: str) -> None:
    with pytest.raises(BasketInvalid) as refused:
        made(town, [town.dossier().dossier.code], number)
    assert refused.value.field == "payer"


def test_a_basket_is_offered_for_days(town: Town) -> None:
    basket = made(town, [town.dossier().dossier.code])
    assert (basket.expires_at - basket.created_at).days == fill.DAYS
    assert basket.payments[0].row.expires_at == basket.expires_at


def test_an_unknown_basket_is_missing(town: Town) -> None:
    with pytest.raises(BasketMissing):
        look(town, "0" * 26)


def test_codes_come_from_text_and_from_a_workbook() -> None:
    assert codes.from_text("h56.17-261124-0001, H56.17-261124-0002;\nH56.17-261124-0001") == [
        "H56.17-261124-0001",
        "H56.17-261124-0002",
    ]
    book = openpyxl.Workbook()
    for row in (["Mã hồ sơ", "Ghi chú"], ["H56.17-261124-0001", "x"], [None], [" H56.17-261124-0002 "]):
        book.worksheets[0].append(row)
    out = BytesIO()
    book.save(out)
    assert codes.from_workbook(out.getvalue()) == ["H56.17-261124-0001", "H56.17-261124-0002"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04rubbish", b"a,b\n1,2", b"PK" + b"x" * codes.LARGEST_FILE])
def test_a_file_that_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(BasketInvalid):
        codes.from_workbook(content)


@pytest.mark.parametrize("text", ["", "xin chào", " ".join(f"H56.17-261124-{n:04d}" for n in range(codes.MOST + 1))])
def test_no_codes_or_too_many_are_refused(text: str) -> None:
    with pytest.raises(BasketInvalid):
        codes.from_text(text)


def test_a_cell_is_never_a_formula(town: Town) -> None:
    assert pack._cell("=1+1") == "'=1+1"
    assert pack._cell(-5) == -5
