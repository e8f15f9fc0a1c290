"""The acquirer's file and the bank's own table over HTTP, as raw content or as a form's file."""

from __future__ import annotations

from gateway.closing.bank_files import settlement_row
from tests.connectors.files.grids import as_xlsx
from tests.gateway.api.conftest import Api
from tests.town import ACCOUNT, TODAY, Town

PATH = "/api/v1/settlements?name=s.csv"
FILE = f"batch_id,terminal,trade_date,reference,gross,mdr,net,rrn\nB1,T1,{TODAY},X1,135000,1485,133515,R1\n".encode()


def form(data: bytes, name: str = "file") -> tuple[bytes, str]:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="s.csv"\r\n\r\n'.encode()
    return head + data + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


def test_a_settlement_is_taken_once_however_it_is_sent(api: Api, town: Town) -> None:
    first = api.post(PATH, FILE, Content_Type="text/csv", Idempotency_Key="k")
    assert first.status_code == 201, first.text
    assert {key: first.json()[key] for key in ("new", "known", "batches", "gross", "mdr", "net")} == {
        "new": 1,
        "known": 0,
        "batches": 1,
        "gross": 135_000,
        "mdr": 1_485,
        "net": 133_515,
    }
    assert api.post(PATH, FILE, Content_Type="text/csv", Idempotency_Key="k").json() == first.json()
    content, kind = form(FILE)
    again = api.post(PATH, content, Content_Type=kind)
    assert (again.status_code, again.json()["new"], again.json()["known"]) == (201, 0, 1)
    assert len(town.rows(settlement_row)) == 1


def test_a_settlement_that_does_not_add_up_is_refused_with_its_line(api: Api, town: Town) -> None:
    answer = api.post(PATH, FILE.replace(b"133515", b"133516"), Content_Type="text/csv")
    assert (answer.status_code, answer.json()["code"]) == (422, "settlement.refused")
    assert answer.json()["facts"]["flaws"][0]["where"] == "line 2"
    assert town.rows(settlement_row) == []


def test_a_form_without_a_file_is_refused(api: Api) -> None:
    content, kind = form(FILE, "other")
    answer = api.post(PATH, content, Content_Type=kind)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.file_missing")


def test_a_banks_own_table_is_a_statement(api: Api, town: Town) -> None:
    data = as_xlsx(
        [[f"Số tài khoản: {ACCOUNT}"], ["Ngày", "Ghi nợ", "Ghi có", "Nội dung"], ["24/11/2026", "11.000", "", "Phí"]]
    )
    path = "/api/v1/statements?name=t.xlsx&profile=generic"
    answer = api.post(path, data, Content_Type="application/octet-stream")
    assert (answer.status_code, answer.json()["format"], answer.json()["new"]) == (201, "xlsx", 1)
    assert api.post(path.replace("generic", "nobodys"), data).status_code == 404
    town.ties()
