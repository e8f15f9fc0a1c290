"""Payers hear by e-mail and SMS, through real servers; whatever those do, the money is where it belongs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message as Letter
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from connectors.simulators.sms_centre import SmsCentre
from gateway.delivery import webhooks
from gateway.delivery.documents import sign_waiting
from gateway.kernel import outbox
from gateway.kernel.uow import Environment
from gateway.messages import hours, send, sms, store, texts, write
from gateway.messages.model import (
    AddressUnusable,
    CarrierSilent,
    Medium,
    Message,
    MessageForgotten,
    MessageSent,
    Occasion,
    Told,
    masked,
)
from gateway.messages.retry import retry
from tests import town as town_module
from tests.conftest import HandClock
from tests.town import AGENCY, PAYER, Town

EMAIL, PHONE = "anh@example.vn", "0912345678"


class MailServer:
    """A real SMTP server that keeps what it is given."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.answers: list[str] = []  # each is used up by one letter

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def mail(environment: Environment) -> Iterator[MailServer]:
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    configure(environment, mail_url=f"smtp://127.0.0.1:{port}", mail_from="Thu Phí <no-reply@thuphi.example.vn>")
    yield server
    controller.stop()


@pytest.fixture
def centre(environment: Environment) -> Iterator[SmsCentre]:
    made = SmsCentre()
    configure(environment, sms_url=f"smpp://thuphi:secret@127.0.0.1:{made.port}?source=THUPHI")
    yield made
    made.close()


def configure(environment: Environment, **more: str) -> None:
    values = {name: SecretStr(value) if name.endswith("url") else value for name, value in more.items()}
    environment.settings = environment.settings.model_copy(update=values)


@pytest.fixture
def town(environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(town_module, "PAYER", replace(PAYER, email=EMAIL, phone=PHONE))
    return Town(environment, tmp_path)


def tell(town: Town) -> None:
    """All that the worker would do now."""
    environment = town.environment
    webhooks.fan_out(environment, also=write.jobs_for)
    write.write_waiting(environment)
    send.send_waiting(environment)


def states(town: Town) -> list[tuple[str, str]]:
    return sorted((row.occasion + "/" + row.medium, row.state) for row in town.rows(store.message))


def test_a_payer_hears_of_money_and_receipt(town: Town, mail: MailServer, centre: SmsCentre) -> None:
    payment = town.payment()
    town.money_comes(payment)
    sign_waiting(town.environment, town.keys)
    tell(town)
    tell(town)
    assert states(town) == [
        ("paid/email", "sent"),
        ("paid/sms", "sent"),
        ("receipt/email", "sent"),
        ("receipt/sms", "sent"),
    ]
    paid, receipt = mail.letters
    assert paid["To"] == EMAIL
    assert paid["Subject"] == f"Đã nhận 135.000 ₫ – mã {payment.reference}"
    body = paid.get_content()  # type: ignore[attr-defined]
    assert f"/vi/pay/{payment.token}" in body
    assert "has received 135.000 ₫" in body
    assert "EBL01-26TAA-1" in receipt["Subject"]
    assert {one.to for one in centre.taken} == {"84912345678"}
    assert all(PAYER.name not in text for text in (body, *(one.text for one in centre.taken)))
    assert all(row.sealed is None for row in town.rows(store.message))  # address and text are forgotten


def test_nothing_is_written_where_no_carrier_is_set_up_or_no_address_is_known(
    environment: Environment, tmp_path: Path, mail: MailServer
) -> None:
    town = Town(environment, tmp_path)  # its payer has neither e-mail nor phone
    town.money_comes(town.payment())
    tell(town)
    assert town.rows(store.message) == []


def test_a_server_that_is_not_ready_is_tried_again(town: Town, mail: MailServer, clock: HandClock) -> None:
    mail.answers = ["451 later", "421 later still"]
    town.money_comes(town.payment())
    tell(town)
    assert states(town) == [("paid/email", "waiting")]
    for _ in range(2):
        clock.advance(hours=1)
        tell(town)
    assert (states(town), len(mail.letters)) == ([("paid/email", "sent")], 1)
    town.ties()


def test_an_address_that_takes_no_mail_is_given_up(town: Town, mail: MailServer) -> None:
    mail.answers = ["550 no such user"]
    town.money_comes(town.payment())
    tell(town)
    assert states(town) == [("paid/email", "refused")]


def test_a_carrier_that_stays_away_costs_nothing_but_the_message(town: Town, clock: HandClock) -> None:
    configure(town.environment, mail_url="smtp://127.0.0.1:9")
    payment = town.payment()
    town.money_comes(payment)
    for _ in range(15):
        tell(town)
        clock.advance(hours=2)
    assert states(town) == [("paid/email", "failed")]
    assert town.view(payment).row.status == "settled"
    town.ties()


def once_more(town: Town, message_id: str) -> None:
    with town.environment.begin(actor="cli", agency=AGENCY) as uow:
        retry(uow, AGENCY, message_id)


def test_one_that_waits_is_tried_when_an_operator_asks(town: Town, mail: MailServer) -> None:
    mail.answers = ["451 later"]
    town.money_comes(town.payment())
    tell(town)
    [row] = town.rows(store.message)
    tell(town)
    assert mail.letters == []  # its time has not come
    once_more(town, row.id)
    tell(town)
    assert (states(town), len(mail.letters)) == ([("paid/email", "sent")], 1)
    with pytest.raises(MessageSent):
        once_more(town, row.id)


def test_one_that_was_refused_is_written_anew_and_sent(town: Town, mail: MailServer, clock: HandClock) -> None:
    mail.answers = ["550 no such user"]
    payment = town.payment()
    town.money_comes(payment)
    tell(town)
    [row] = town.rows(store.message)
    assert (row.state, row.sealed) == ("refused", None)
    clock.advance(hours=30)  # a new day to be tried in
    once_more(town, row.id)
    tell(town)
    [letter] = mail.letters
    assert (letter["To"], payment.reference in letter["Subject"], states(town)) == (
        EMAIL,
        True,
        [("paid/email", "sent")],
    )


def test_one_that_nothing_tells_again_is_refused(town: Town, mail: MailServer) -> None:
    mail.answers = ["550 no such user"]
    told = Told(Occasion.CLAIM, "Sở", "BLQ000000000", 1000, "https://thuphi.example.vn/vi/claim/x", number="PA-1")
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        write.leave(uow, AGENCY, "clm_1:claim", told, replace(PAYER, email=EMAIL))
    tell(town)
    [row] = town.rows(store.message)
    with pytest.raises(MessageForgotten):
        once_more(town, row.id)
    assert town.rows(store.message)[0].state == "refused"


@pytest.mark.parametrize(
    ("address", "shown"), [("anh@example.vn", "a***@example.vn"), ("0912345678", "*******678"), ("@", "***@")]
)
def test_an_address_is_shown_masked(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_a_crash_after_the_carrier_took_it_repeats_the_same_message_id(
    town: Town, mail: MailServer, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.money_comes(town.payment())
    with monkeypatch.context() as crash:
        crash.setattr(send, "_end", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            tell(town)
    clock.advance(minutes=11)
    tell(town)
    first, again = mail.letters
    assert first["Message-ID"] == again["Message-ID"]
    assert states(town) == [("paid/email", "sent")]


@pytest.mark.parametrize(
    ("fault", "state"), [("refuse_number", "refused"), ("queue_full", "waiting"), ("cut", "waiting")]
)
def test_what_the_sms_centre_says_is_believed(town: Town, centre: SmsCentre, fault: str, state: str) -> None:
    centre.faults = [fault]
    town.money_comes(town.payment())
    tell(town)
    assert (states(town), centre.taken) == ([("paid/sms", state)], [])


def test_no_text_message_at_night(town: Town, centre: SmsCentre, clock: HandClock) -> None:
    clock.advance(hours=12)  # 21:30 in Vietnam
    town.money_comes(town.payment())
    tell(town)
    assert centre.taken == []
    clock.advance(hours=9, minutes=31)  # 07:01
    tell(town)
    assert len(centre.taken) == 1


@pytest.mark.parametrize(
    ("moment", "awake"),
    [
        ("2026-11-24T14:00", "2026-11-25T00:00"),  # 21:00 -> 07:00 of the next day
        ("2026-11-24T13:59", "2026-11-24T13:59"),
        ("2026-11-24T23:59", "2026-11-25T00:00"),
        ("2026-11-25T00:00", "2026-11-25T00:00"),
    ],
)
def test_quiet_hours_are_vietnams(moment: str, awake: str) -> None:
    def utc(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert hours.awake(utc(moment)) == utc(awake)


def test_an_http_gateway_carries_text_messages_too(town: Town) -> None:
    heard: list[tuple[str | None, bytes]] = []
    answers = [503, 422, 200]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append((self.headers["authorization"], body))
            self.send_response(answers.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://user:token@127.0.0.1:{server.server_port}/send?from=THUPHI"
    message = Message("msg_1", Medium.SMS, PHONE, "", "xin chao")
    try:
        with pytest.raises(CarrierSilent):
            sms.send(url, message)
        with pytest.raises(AddressUnusable):
            sms.send(url, message)
        sms.send(url, message)
    finally:
        server.shutdown()
        server.server_close()
    assert heard[2] == ("Bearer token", b'{"to":"84912345678","text":"xin chao","id":"msg_1","from":"THUPHI"}')


@pytest.mark.parametrize("number", ["123", "0012345678", "+1 202 555 0100", "091234567a", ""])
def test_what_is_no_vietnamese_number_gets_nothing(number: str) -> None:
    with pytest.raises(AddressUnusable) as refused:
        sms.international(number)
    assert number not in str(refused.value) or number == ""


@pytest.mark.parametrize("occasion", Occasion)
def test_every_occasion_has_words_and_an_sms_of_one_part(occasion: Occasion) -> None:
    told = Told(
        occasion,
        "Trung tâm Phục vụ hành chính công tỉnh Thanh Hóa",
        "BLQ2K7M4P9A1",
        999_999_999_999,
        "https://thuphi.thanhhoa.gov.vn/vi/pay/" + "A" * 26,
        "EBL01-26TAA-99999999",
        "ABCD1234EFGH",
    )
    text = texts.sms(told)
    assert len(text) <= texts.GSM_PART
    assert text.isascii()
    assert texts.subject(told)
    assert told.link in texts.email(told)


def test_an_event_is_told_once_however_often_it_fans_out(town: Town, mail: MailServer) -> None:
    town.money_comes(town.payment())
    tell(town)
    with town.environment.begin(actor="test") as uow:
        uow.connection.execute(outbox.event.update().values(fanned_out=False))
    tell(town)
    assert len(mail.letters) == 1
