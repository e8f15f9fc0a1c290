"""Text messages: SMPP 3.4 to the operator's centre, or a provider's HTTP gateway. The scheme of the address decides.

`smpp://user:password@host:2775?source=THUPHI`, or `https://host/path?from=THUPHI` which takes a POST of JSON
{"to","text","id","from"} with the password as a bearer token and answers 2xx, or 422 for a number it will never take.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from gateway.messages.model import AddressUnusable, CarrierSilent, Message

TIMEOUT_SECONDS = 20
SMPP_PORT = 2775

_NUMBER = re.compile(r"(?:\+?84|0)([1-9]\d{8})")
_REFUSED = frozenset({0x0B, 0x0C, 0x14})  # ESME_RINVDSTADR and its kin (SMPP 3.4, 5.1.3): never a queue that is full


def send(url: str, message: Message) -> None:
    """Hand one message to the centre. AddressUnusable when it will never take it, CarrierSilent when not now."""
    number = international(message.to)
    parts = urlsplit(url)
    if parts.scheme == "smpp":
        _by_smpp(parts, number, message)
    else:
        _by_http(parts, number, message)


def international(number: str) -> str:
    """`84` and nine digits. AddressUnusable for what is no Vietnamese mobile number."""
    found = _NUMBER.fullmatch(re.sub(r"[ .-]", "", number))
    if found is None:
        raise _unusable()
    return "84" + found[1]


def _by_smpp(parts: SplitResult, number: str, message: Message) -> None:
    import smpplib.client
    import smpplib.consts
    import smpplib.exceptions

    client = smpplib.client.Client(
        parts.hostname, parts.port or SMPP_PORT, timeout=TIMEOUT_SECONDS, allow_unknown_opt_params=True
    )
    answers: list[int] = []
    client.set_message_sent_handler(lambda pdu: answers.append(pdu.status))
    try:
        client.connect()
        client.bind_transmitter(system_id=unquote(parts.username or ""), password=unquote(parts.password or ""))
        client.send_message(
            source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
            source_addr=_query(parts, "source"),
            dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
            destination_addr=number,
            short_message=message.text.encode("ascii", "replace"),
            data_coding=smpplib.consts.SMPP_ENCODING_DEFAULT,
        )
        client.read_once()
        client.unbind()
    except smpplib.exceptions.PDUError as error:
        code = int(error.args[1]) if len(error.args) > 1 else 0
        raise _unusable() if code in _REFUSED else _silent(f"SMPP {code:#x}") from None
    except (smpplib.exceptions.ConnectionError, smpplib.exceptions.UnknownCommandError, OSError) as error:
        raise _silent(type(error).__name__) from None
    finally:
        client.disconnect()
    if not answers:
        raise _silent("no answer")


def _by_http(parts: SplitResult, number: str, message: Message) -> None:
    import httpx2

    address = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "") + parts.path
    sent = {"to": number, "text": message.text, "id": message.id, "from": _query(parts, "from")}
    headers = {"Authorization": f"Bearer {unquote(parts.password)}"} if parts.password else {}
    try:
        answer = httpx2.post(address, json=sent, headers=headers, timeout=TIMEOUT_SECONDS)
    except httpx2.HTTPError as error:
        raise _silent(type(error).__name__) from None
    if answer.status_code == 422:
        raise _unusable()
    if not answer.is_success:
        raise _silent(f"HTTP {answer.status_code}")


def _query(parts: SplitResult, name: str) -> str:
    return parse_qs(parts.query).get(name, ["THUPHI"])[0]


def _unusable() -> AddressUnusable:
    return AddressUnusable("Số điện thoại không nhận được tin.", "The number takes no text messages.")


def _silent(what: str) -> CarrierSilent:
    return CarrierSilent("Tổng đài tin nhắn không nhận lúc này.", f"The SMS centre does not take it now: {what}.")
