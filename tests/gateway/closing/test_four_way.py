"""Each dossier's legs as they come in one by one, and the one-stop register beside them."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest

from gateway.closing.four_way import dossier_states, named, state_counts
from gateway.closing.reconcile import reconcile
from gateway.closing.register import findings, import_register
from gateway.closing.register_file import RegisterRefused, read
from gateway.remitting import prepare
from tests.gateway.remitting.test_remitting import BOSS, act, prepared, statement
from tests.gateway.remitting.test_remitting import town as town
from tests.town import AGENCY, LE_PHI, PHI, TODAY, Town


def states(town: Town) -> list[str]:
    with town.environment.read() as connection:
        return [one.state for one in dossier_states(connection, AGENCY)]


def run(town: Town) -> None:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        reconcile(uow, AGENCY, TODAY)


def test_leg_by_leg(town: Town) -> None:
    dossier = town.dossier(PHI, LE_PHI)
    assert states(town) == ["10000"]
    town.money_comes(town.pay_for(dossier))
    assert states(town) == ["11010"]
    statement(town)
    run(town)
    assert states(town) == ["11110"]
    remittance_id = prepared(town)
    act(town, BOSS, prepare.approve, remittance_id)
    with town.environment.read() as connection:
        [one] = dossier_states(connection, AGENCY)
        assert (one.name, one.amount, one.paid, one.remitted) == ("treasury.waiting", 195_000, 195_000, 0)
        assert state_counts(connection, AGENCY) == {"11110": (1, 195_000)}
        assert dossier_states(connection, AGENCY, states=["11111"]) == []
        assert dossier_states(connection, AGENCY, after=one.dossier_id) == []
        assert dossier_states(connection, "another") == []


def test_every_state_has_a_name() -> None:
    found = {named(f"1{bits:04b}")[0] for bits in range(16)}
    assert found >= {"closed", "treasury.waiting", "receipt.missing", "receipt.without_money", "due.unpaid"}


HEADING = ("Mã hồ sơ", "Mã thủ tục", "Ngày trả kết quả", "Có thu phí", "Đã nộp")


def workbook(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in (("DANH SÁCH HỒ SƠ",), HEADING, *rows):
        book.active.append(row)  # type: ignore[union-attr]
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def csv_of(*rows: tuple[object, ...]) -> bytes:
    return "\n".join(";".join(map(str, row)) for row in (HEADING, *rows)).encode()


def test_the_register_shows_what_money_cannot(town: Town) -> None:
    unpaid, paid, unknown = town.dossier(), town.dossier(), town.dossier()
    for dossier in (paid, unknown):
        town.money_comes(town.pay_for(dossier))
    codes = [one.dossier.code for one in (unpaid, paid)]
    rows = [
        (codes[0], "1.004616", "24/11/2026", "Có", "Chưa nộp"),
        (codes[1], "1.004616", "", "Có", "Đã nộp"),
        ("H56.17-261124-9999", "1.004616", "", "x", ""),
        ("H56.17-261124-9998", "1.004616", "", "Không", ""),
    ]
    for content in (workbook(*rows), csv_of(*rows)):
        with town.environment.begin(actor="test", agency=AGENCY) as uow:
            import_register(uow, AGENCY, "danh-sach", content)
            found = findings(uow.connection, AGENCY)
            assert findings(uow.connection, "another") == []
        assert [(one.kind, one.dossier_code, one.amount) for one in found] == [
            ("register.fee_without_due", "H56.17-261124-9999", 0),
            ("register.result_unpaid", codes[0], 135_000),
            ("register.receipt_without_dossier", unknown.dossier.code, 135_000),
        ]
        assert "24/11/2026" in found[1].sentence_vi
        assert "135,000 ₫" in found[1].sentence_en


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"Ho ten;Dia chi\nA;B\n", "csv.header_missing"),
        (csv_of(("H1", "", "31/02/2026", "có", "")), "date.unreadable"),
        (csv_of(("H1", "", "", "có lẽ", "")), "value.unknown"),
        (csv_of(("", "1.0", "", "có", "")), "value.missing"),
        (b"PK\x03\x04 no workbook", "xlsx.malformed"),
    ],
)
def test_a_flawed_list_is_refused_whole(content: bytes, code: str) -> None:
    with pytest.raises(RegisterRefused) as refusal:
        read(content)
    assert [flaw["code"] for flaw in refusal.value.facts["flaws"]] == [code]
