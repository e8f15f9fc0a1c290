"""A bank file over HTTP: booked once, explained, and kept raw even when it cannot be read."""

from __future__ import annotations

from connectors.files.write_camt import camt053
from gateway.closing.store import bank_file
from gateway.kernel.clock import VIETNAM
from tests.gateway.api.conftest import Api
from tests.town import ACCOUNT, LE_PHI, TODAY, Town

PATH = "/api/v1/statements?name=today.xml"


def today(town: Town) -> bytes:
    made_at = town.environment.clock().astimezone(VIETNAM)
    return camt053(town.bank.statement(ACCOUNT, TODAY), message_id="M1", created_at=made_at)


def test_a_statement_settles_what_no_notice_told_of(api: Api, town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, faults=["drop_notice"])
    answer = api.post(PATH, today(town), Content_Type="application/octet-stream")

    assert answer.status_code == 201, answer.text
    expected = {"format": "camt.053", "new": 1, "known": 0, "problems": [], "kinds": {"MATCH_MEMO": 1}}
    assert answer.json() == expected
    assert town.view(payment).status == "paid"
    town.ties()


def test_a_repeat_answers_the_same_and_books_nothing(api: Api, town: Town) -> None:
    town.money_comes(town.payment(LE_PHI))
    data = today(town)
    first = api.post(PATH, data, Idempotency_Key="s-1")
    again = api.post(PATH, data, Idempotency_Key="s-1")
    anew = api.post(PATH, data)

    assert again.json() == first.json()
    assert (anew.json()["new"], anew.json()["known"]) == (0, 1)
    town.ties()


def test_a_file_that_cannot_be_read_is_kept_and_refused(api: Api, town: Town) -> None:
    answer = api.post(PATH, b"<Document><BkToCstmrStmt>")
    assert answer.status_code == 422
    told = answer.json()
    assert told["code"] == "statement.refused"
    assert told["facts"]["flaws"][0]["code"] == "xml.malformed"
    assert [row.verdict for row in town.rows(bank_file)] == ["refused"]
