"""The tax office hears of every receipt on its day, once, with what became of it; through outages, refusals and repeats."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace as with_
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner

from connectors.simulators.tax_authority import TaxAuthority
from gateway.cli import build
from gateway.delivery.documents import sign_waiting
from gateway.kernel.uow import Environment
from gateway.taxing import answer, daily, make, send, store
from gateway.taxing.model import AnswerUnreadable, TableClosed, TableMissing, TableState
from gateway.taxing.usage import Usage, usage
from gateway.taxing.write import message_id
from receipts import amend
from receipts import store as receipts_store
from tests.conftest import HandClock, require
from tests.town import AGENCY, LE_PHI, PHI, TODAY, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


@pytest.fixture
def authority(environment: Environment, tmp_path: Path) -> Iterator[TaxAuthority]:
    """The simulated tax authority behind HTTP, and an installation that knows its address."""
    made = TaxAuthority(tmp_path / "tax.db")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, content = made.receive(self.rfile.read(int(self.headers["content-length"])))
            if status:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(content)
            else:
                self.connection.close()  # the caller hears nothing

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    environment.settings = environment.settings.model_copy(update={"tax_url": address})
    yield made
    server.shutdown()
    server.server_close()
    made.close()


def paid(town: Town, *fees: str) -> None:
    town.money_comes(town.payment(*(fees or (LE_PHI,))))
    sign_waiting(town.environment, town.keys)


def due(town: Town) -> int:
    return daily.make_due(town.environment, town.keys.signer)


def evening(clock: HandClock) -> None:
    clock.advance(hours=13, minutes=31)  # 23:01 of the same day in Vietnam


def tables(town: Town) -> list[tuple[date, int, int, str, int]]:
    with town.environment.read() as connection:
        found = store.of_agency(connection, AGENCY)
    return [(row.day, row.number, row.supplement, row.state, row.amount) for row in found]


def body(town: Town, number: int = 1) -> etree._Element:
    with town.environment.read() as connection:
        row = next(one for one in store.of_agency(connection, AGENCY) if one.number == number)
        return etree.fromstring(store.by_id(connection, AGENCY, row.id).body)


def replace_first(town: Town) -> None:
    old = town.receipts()[0]
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        facts = receipts_store.load_facts(old, uow.vault)
        line = with_(facts.lines[0], unit_price=1_000, amount=1_000)
        successor = with_(facts, source="amended", lines=(line,), day=TODAY)
        amend.replace(
            uow.connection,
            old.id,
            successor,
            now=uow.now(),
            mint=uow.mint,
            sealer=uow.vault,
            lookup_code=lambda: uow.ids.code(12),
            reason="Sai số tiền",
        )
    sign_waiting(town.environment, town.keys)


def test_the_table_is_made_at_the_cut_off_and_says_all(town: Town, clock: HandClock) -> None:
    paid(town, LE_PHI)
    paid(town, PHI)
    assert due(town) == 0
    evening(clock)
    assert (due(town), due(town)) == (1, 0)
    assert tables(town) == [(TODAY, 1, 0, "made", 195_000)]

    told = body(town)
    rows = [{cell.tag: cell.text for cell in row} for row in told.iterfind(".//DSDLieu/DLieu")]
    assert [(row["STT"], row["KHMCTu"], row["KHCTu"], row["SCTu"], row["TgTien"], row["TThai"]) for row in rows] == [
        ("1", "EBL01", "26TAA", "1", "135000", "0"),
        ("2", "EBL01", "26TAA", "2", "60000", "0"),
    ]
    assert told.findtext(".//DLBTHop/TTChung/KDLieu") == "24/11/2026"
    assert told.findtext(".//DLBTHop/TTChung/LDau") == "1"


def test_a_foreign_tool_accepts_the_signature(town: Town, clock: HandClock, tmp_path: Path) -> None:
    paid(town)
    evening(clock)
    due(town)
    file = tmp_path / "table.xml"
    with town.environment.read() as connection:
        [row] = store.of_agency(connection, AGENCY)
        file.write_bytes(store.by_id(connection, AGENCY, row.id).body)
    ca = town.environment.settings.keys / "ca.pem"
    command = [require("xmlsec1"), "--verify", "--id-attr:Id", "DLBTHop", "--id-attr:Id"]
    command += ["http://www.w3.org/2000/09/xmldsig#:Object", "--trusted-pem", str(ca), str(file)]
    verified = subprocess.run([*command], capture_output=True, text=True)
    assert verified.returncode == 0, verified.stderr
    file.write_bytes(file.read_bytes().replace(b"<TgTien>135000<", b"<TgTien>135001<"))
    assert subprocess.run(command, capture_output=True).returncode != 0


def test_an_unsigned_receipt_waits_and_comes_as_a_supplement(town: Town, clock: HandClock) -> None:
    paid(town)
    town.money_comes(town.payment(PHI))  # the signer is down
    evening(clock)
    due(town)
    clock.advance(hours=2)  # past midnight
    sign_waiting(town.environment, town.keys)
    assert due(town) == 1
    assert tables(town) == [(TODAY, 1, 0, "made", 135_000), (TODAY, 2, 1, "made", 60_000)]
    assert body(town, 2).findtext(".//DLBTHop/TTChung/BSLThu") == "1"


def test_a_replacement_is_told_with_what_it_replaces(town: Town, clock: HandClock) -> None:
    paid(town)
    evening(clock)
    due(town)
    replace_first(town)
    assert due(town) == 1
    rows = [{cell.tag: cell.text for cell in row} for row in body(town, 2).iterfind(".//DSDLieu/DLieu")]
    assert [(row["SCTu"], row["TThai"], row.get("SCTuLQuan")) for row in rows] == [("2", "1", "1"), ("1", "2", None)]
    assert "số 2" in rows[1]["GChu"]
    assert tables(town)[1][4] == 1_000
    assert due(town) == 0


def test_what_was_replaced_before_it_was_told_is_told_as_both(town: Town, clock: HandClock) -> None:
    paid(town)
    replace_first(town)
    evening(clock)
    due(town)
    rows = [(row.findtext("SCTu"), row.findtext("TThai")) for row in body(town).iterfind(".//DSDLieu/DLieu")]
    assert rows == [("1", "0"), ("2", "1")]
    due(town)
    assert due(town) == 0
    with town.environment.read() as connection:
        told = {(row.receipt_id, row.status) for row in connection.execute(store.tax_told.select())}
    assert {status for _, status in told} == {"new", "replaces", "replaced"}


def test_it_is_sent_and_accepted_once_though_the_answer_is_lost(
    town: Town, authority: TaxAuthority, clock: HandClock
) -> None:
    paid(town)
    evening(clock)
    due(town)
    authority.misbehave(["down", "lost_answer", "html"])
    for _ in range(4):
        send.send_waiting(town.environment)
        clock.advance(minutes=31)
    assert tables(town) == [(TODAY, 1, 0, "accepted", 135_000)]
    assert sum(authority.accepted().values()) == 135_000
    assert send.send_waiting(town.environment) == 0
    with town.environment.read() as connection:
        [outage] = send.outages(connection, AGENCY)
    assert outage.ended_at is not None
    assert outage.due == date(2026, 11, 30)  # three working days after Wednesday the 25th


def test_a_refused_table_waits_for_a_person_and_is_made_anew(
    town: Town, authority: TaxAuthority, clock: HandClock
) -> None:
    paid(town)
    evening(clock)
    due(town)
    authority.misbehave(["refuse"])
    send.send_waiting(town.environment)
    assert (tables(town)[0][3], due(town)) == ("refused", 0)
    with town.environment.read() as connection:
        [row] = store.of_agency(connection, AGENCY, (TableState.REFUSED,))
    assert "Từ chối" in row.reason

    for agency, refused in (("H99", TableMissing), (AGENCY, None), (AGENCY, TableClosed)):
        if refused is None:
            with town.environment.begin(actor="test", agency=agency) as uow:
                make.withdraw(uow, agency, row.id)
        else:
            with pytest.raises(refused), town.environment.begin(actor="test", agency=agency) as uow:
                make.withdraw(uow, agency, row.id)
    assert due(town) == 1
    send.send_waiting(town.environment)
    assert [state for *_, state, _ in tables(town)] == ["withdrawn", "accepted"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html/>",
        b"<TDiep><TTChung><MTDTChieu>X</MTDTChieu></TTChung><DLieu><TBao><TTTNhan>7</TTTNhan></TBao></DLieu></TDiep>",
        b"<TDiep><TTChung><MTDTChieu>X</MTDTChieu></TTChung><DLieu><TBao><TTTNhan>0</TTTNhan></TBao></DLieu></TDiep>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><TDiep>&e;</TDiep>',
        b"x" * (answer.LONGEST + 1),
    ],
    ids=["empty", "html", "outcome", "stranger", "doctype", "long"],
)
def test_what_is_no_answer_to_us_is_refused(town: Town, content: bytes) -> None:
    with pytest.raises(AnswerUnreadable), town.environment.begin(actor="test", agency=AGENCY) as uow:
        answer.answered(uow, AGENCY, content)


def test_two_workers_at_once_tell_each_receipt_once(town: Town, clock: HandClock) -> None:
    for _ in range(3):
        paid(town)
    evening(clock)
    with ThreadPoolExecutor(2) as both:
        made = list(both.map(lambda _: due(town), range(2)))
    assert sorted(made) == [0, 1]
    assert tables(town) == [(TODAY, 1, 0, "made", 405_000)]


def test_a_large_day_takes_several_tables(town: Town, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "RECEIPTS", 2)
    for _ in range(3):
        paid(town)
    evening(clock)
    assert due(town) == 2
    assert [(number, supplement, amount) for _, number, supplement, _, amount in tables(town)] == [
        (1, 0, 270_000),
        (2, 0, 135_000),
    ]


def test_usage_counts_numbers_by_series(town: Town) -> None:
    paid(town)
    paid(town, PHI)
    replace_first(town)
    with town.environment.read() as connection:
        assert usage(connection, AGENCY, TODAY, TODAY) == [Usage(1, "EBL01", "26TAA", 1, 3, 3, 1, 196_000)]
        assert usage(connection, AGENCY, date(2026, 1, 1), date(2026, 1, 31)) == []


def test_a_message_id_is_the_sender_and_a_version_4_uuid() -> None:
    made = message_id("K2800000001", (1 << 128) - 1)
    assert made == "K2800000001FFFFFFFFFFFF4FFFBFFFFFFFFFFFFFFF"
    assert message_id("V1", 0) == "V100000000000040008000000000000000"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # the command line is the same on both
def test_by_hand_through_the_command_line(
    town: Town, clock: HandClock, authority: TaxAuthority, tmp_path: Path
) -> None:
    paid(town)
    data = ["--data", str(town.environment.settings.data), "--agency", AGENCY, "--json"]
    town.environment.close()

    def run(*words: str, code: int = 0) -> dict[str, object]:
        result = CliRunner().invoke(build("tax"), ["tax", *words, *data])
        assert result.exit_code == code, result.output
        found: dict[str, object] = json.loads(result.output)
        return found

    assert run("status")["days_untold"] == [TODAY.isoformat()]
    run("make", "--day", TODAY.isoformat())
    [file] = run("export", "--out", str(tmp_path / "out"))["files"]  # type: ignore[misc]
    _, content = authority.receive(Path(str(file)).read_bytes())
    (tmp_path / "answer.xml").write_bytes(content)
    assert run("answer", str(tmp_path / "answer.xml")) == {"news": True}
    assert run("answer", str(tmp_path / "answer.xml")) == {"news": False}
    status = run("status")
    assert (status["days_untold"], [table["state"] for table in status["tables"]]) == ([], ["accepted"])  # type: ignore[attr-defined]
    assert run("usage", "--from", "2026-11-01", "--to", "2026-11-30")["series"][0]["amount"] == 135_000  # type: ignore[index]
