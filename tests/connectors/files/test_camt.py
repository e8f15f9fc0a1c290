"""camt entries: direction, status, references, memo, batches, and what may not be guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.files import camt
from connectors.files.reading import PROBLEM_LIMIT
from connectors.statement import Entry, Parsed

AMOUNT = '<Amt Ccy="VND">150000</Amt>'
CREDIT = "<CdtDbtInd>CRDT</CdtDbtInd>"
BOOKED = "<Sts><Cd>BOOK</Cd></Sts>"


def read(entries: str, frame: str = "", prefix: str = "") -> Parsed:
    body = f"<Acct><Id><Othr><Id>19001</Id></Othr></Id><Ccy>VND</Ccy></Acct>{frame}{entries}"
    document = f"<Document><BkToCstmrStmt><Stmt>{body}</Stmt></BkToCstmrStmt></Document>"
    if prefix:
        document = document.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
        document = document.replace(f"<{prefix}:Document", f'<{prefix}:Document xmlns:{prefix}="urn:x"', 1)
    return camt.parse(document.encode())


def entry(parts: str) -> Entry:
    parsed = read(f"<Ntry>{parts}</Ntry>")
    assert parsed.problems == ()
    return parsed.statements[0].entries[0]


def details(parts: str) -> Entry:
    return entry(f"{AMOUNT}{CREDIT}{BOOKED}<NtryDtls><TxDtls>{parts}</TxDtls></NtryDtls>")


def refusal(parts: str) -> str:
    parsed = read(f"<Ntry>{parts}</Ntry>")
    assert parsed.statements == ()
    return parsed.problems[0].code


def test_the_direction_is_the_stated_one_also_for_a_reversal() -> None:
    assert entry(AMOUNT + CREDIT + BOOKED).amount == 150_000
    reversed_credit = entry(f"{AMOUNT}<CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd>{BOOKED}")
    assert (reversed_credit.amount, reversed_credit.reversal) == (-150_000, True)


@pytest.mark.parametrize("status", ["<Sts>PDNG</Sts>", "<Sts><Cd>PDNG</Cd></Sts>", "<Sts><Prtry>HOLD</Prtry></Sts>"])
def test_an_entry_that_is_not_booked_is_listed_but_is_no_money(status: str) -> None:
    balance = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="VND">0</Amt>{CREDIT}</Bal>'
        for kind in ("OPBD", "CLBD")
    )
    statement = read(f"<Ntry>{AMOUNT}{CREDIT}{status}</Ntry>", balance).statements[0]

    assert [e.status for e in statement.entries] != ["BOOK"]
    assert statement.balances is True


@pytest.mark.parametrize("prefix", ["", "n0", "camt"])
def test_elements_are_known_by_local_name(prefix: str) -> None:
    assert read(f"<Ntry>{AMOUNT}{CREDIT}{BOOKED}</Ntry>", prefix=prefix).statements[0].entries[0].amount == 150_000


def test_an_envelope_around_the_message_is_passed_through() -> None:
    inner = f"<Stmt><Acct><Id><IBAN>X</IBAN></Id></Acct><Ntry>{AMOUNT}{CREDIT}{BOOKED}</Ntry></Stmt>"
    wrapped = f"<Env><AppHdr><Id>9</Id></AppHdr><Document><BkToCstmrStmt>{inner}</BkToCstmrStmt></Document></Env>"
    assert camt.parse(wrapped.encode()).statements[0].account == "X"


def test_references_come_end_to_end_first_and_notprovided_is_none() -> None:
    structured = "<RmtInf><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf>"
    assert details(f"<Refs><EndToEndId>BLQ7</EndToEndId></Refs>{structured}").references == ("BLQ7", "RF18")
    assert details(f"<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{structured}").references == ("RF18",)


def test_the_memo_is_ustrd_then_transaction_then_entry_information() -> None:
    assert details("<RmtInf><Ustrd>nộp phí</Ustrd></RmtInf>").memo == "nộp phí"
    assert details("<RmtInf><Ustrd>nộp</Ustrd><Ustrd>phí</Ustrd></RmtInf>").memo == "nộp phí"
    assert details("<AddtlTxInf>thu hộ</AddtlTxInf>").memo == "thu hộ"
    assert details("<RmtInf><Ustrd>nộp phí</Ustrd></RmtInf><AddtlTxInf>thu hộ</AddtlTxInf>").memo == "nộp phí thu hộ"
    assert entry(f"{AMOUNT}{CREDIT}{BOOKED}<AddtlNtryInf>ghi có</AddtlNtryInf>").memo == "ghi có"


def test_a_full_ustrd_was_cut_inside_a_word() -> None:
    head, tail = "x" * 137 + "BLQ", "7K3M9TX1Q"
    assert details(f"<RmtInf><Ustrd>{head}</Ustrd><Ustrd>{tail}</Ustrd></RmtInf>").memo == head + tail


def test_line_number_bank_reference_and_code() -> None:
    code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
    full = entry(f"<NtryRef>42</NtryRef>{AMOUNT}{CREDIT}{BOOKED}<AcctSvcrRef>FT26</AcctSvcrRef>{code}")
    assert (full.line_no, full.bank_reference, full.transaction_code) == ("42", "FT26", "PMNT/RCDT/ESCT")
    assert entry(AMOUNT + CREDIT + BOOKED).line_no == "1"
    assert entry(f"{AMOUNT}{CREDIT}{BOOKED}<BkTxCd><Prtry><Cd>544</Cd></Prtry></BkTxCd>").transaction_code == "544"


@pytest.mark.parametrize("name", ["<Nm>NGUYEN VAN A</Nm>", "<Pty><Nm>NGUYEN VAN A</Nm></Pty>"])
def test_the_counterparty_of_a_credit_is_the_debtor(name: str) -> None:
    parties = (
        f"<Cdtr><Nm>KHO BAC</Nm></Cdtr><Dbtr>{name}</Dbtr><DbtrAcct><Id><Othr><Id>0123</Id></Othr></Id></DbtrAcct>"
    )
    found = details(f"<RltdPties>{parties}</RltdPties>")
    assert (found.counterparty_name, found.counterparty_account) == ("NGUYEN VAN A", "0123")
    assert "NGUYEN" not in repr(found)


def batch(*amounts: str) -> Parsed:
    inner = "".join(
        f"<TxDtls><Refs><EndToEndId>E{n}</EndToEndId></Refs>{amount}<RmtInf><Ustrd>memo {n}</Ustrd></RmtInf></TxDtls>"
        for n, amount in enumerate(amounts, 1)
    )
    return read(f"<Ntry>{AMOUNT}{CREDIT}{BOOKED}<NtryDtls>{inner}</NtryDtls></Ntry>")


def test_a_batch_is_one_line_with_the_references_and_memos_of_all() -> None:
    parsed = batch('<Amt Ccy="VND">100000</Amt>', '<Amt Ccy="VND">50000</Amt>')
    (line,) = parsed.statements[0].entries
    assert (line.amount, line.references, line.memo) == (150_000, ("E1", "E2"), "memo 1 memo 2")
    assert parsed.problems == ()


def test_details_that_do_not_sum_to_the_entry_are_pointed_out() -> None:
    parsed = batch('<Amt Ccy="VND">100000</Amt>', '<Amt Ccy="VND">49999</Amt>')
    assert [problem.code for problem in parsed.problems] == ["details.differ"]
    assert parsed.statements[0].entries[0].amount == 150_000
    opposite = '<Amt Ccy="VND">10000</Amt><CdtDbtInd>DBIT</CdtDbtInd>'
    assert batch('<Amt Ccy="VND">160000</Amt>', opposite).problems == ()
    older = "<AmtDtls><TxAmt><Amt Ccy='VND'>7</Amt></TxAmt></AmtDtls>"
    assert [problem.code for problem in batch(older).problems] == ["details.differ"]
    assert batch('<Amt Ccy="USD">6</Amt>').problems == ()


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (CREDIT + BOOKED, "amount.missing"),
        (f'<Amt Ccy="VND"></Amt>{CREDIT}{BOOKED}', "amount.missing"),
        (f'<Amt Ccy="VND">-5</Amt>{CREDIT}{BOOKED}', "amount.negative"),
        (f'<Amt Ccy="VND">1.234.567</Amt>{CREDIT}{BOOKED}', "amount.unreadable"),
        (f'<Amt Ccy="VND">1,5</Amt>{CREDIT}{BOOKED}', "amount.unreadable"),
        (f'<Amt Ccy="VND">1e3</Amt>{CREDIT}{BOOKED}', "amount.unreadable"),
        (f'<Amt Ccy="VND">NaN</Amt>{CREDIT}{BOOKED}', "amount.unreadable"),
        (f'<Amt Ccy="VND">１２</Amt>{CREDIT}{BOOKED}', "amount.unreadable"),
        (f"<Amt>5</Amt>{CREDIT}{BOOKED}", "currency.missing"),
        (AMOUNT + BOOKED, "direction.missing"),
        (f"{AMOUNT}<CdtDbtInd>CREDIT</CdtDbtInd>{BOOKED}", "direction.unreadable"),
        (AMOUNT + CREDIT, "status.missing"),
        (f"{AMOUNT}{CREDIT}<RvslInd>maybe</RvslInd>{BOOKED}", "reversal.unreadable"),
        (f"{AMOUNT}{CREDIT}{BOOKED}<BookgDt><Dt>2026-02-30</Dt></BookgDt>", "date.unreadable"),
        (f"{AMOUNT}{CREDIT}{BOOKED}<BookgDt><Dt>20/11/2026</Dt></BookgDt>", "date.unreadable"),
        (f"{AMOUNT}{CREDIT}{BOOKED}<ValDt><Dt></Dt></ValDt>", "date.missing"),
    ],
)
def test_an_impossible_value_refuses_the_file(parts: str, code: str) -> None:
    assert refusal(parts) == code


def test_an_impossible_balance_refuses_the_file() -> None:
    kind = "<Tp><CdOrPrtry><Cd>FWAV</Cd></CdOrPrtry></Tp>"
    parsed = read("", f"<Bal>{kind}<Amt Ccy='VND'>x</Amt>{CREDIT}</Bal>")
    assert [problem.code for problem in parsed.problems] == ["amount.unreadable"]


def test_one_bad_entry_among_good_ones_refuses_all() -> None:
    good = f"<Ntry>{AMOUNT}{CREDIT}{BOOKED}</Ntry>"
    parsed = read(f"{good}<Ntry>{CREDIT}{BOOKED}</Ntry>{good}")
    assert parsed.statements == ()
    assert [(p.code, p.where) for p in parsed.problems] == [("amount.missing", "statement 1, entry 2")]


def test_problems_stop_at_a_limit() -> None:
    parsed = read("<Ntry/>" * (PROBLEM_LIMIT * 50))
    assert len(parsed.problems) == PROBLEM_LIMIT + 1
    assert parsed.problems[-1].code == "problems.too_many"


def test_a_date_and_time_is_the_day_the_bank_wrote() -> None:
    stamped = entry(f"{AMOUNT}{CREDIT}{BOOKED}<BookgDt><DtTm>2026-11-20T23:30:00.123456789+07:00</DtTm></BookgDt>")
    assert str(stamped.booking_date) == "2026-11-20"


def test_balances_keep_their_sign_and_prefer_the_opening_to_the_previous_close() -> None:
    frame = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="VND">{amount}</Amt>'
        f"<CdtDbtInd>{direction}</CdtDbtInd></Bal>"
        for kind, amount, direction in (("PRCD", 1, "CRDT"), ("OPBD", 2, "DBIT"), ("CLBD", 3, "CRDT"))
    )
    statement = read("", frame).statements[0]
    assert (statement.opening, statement.closing, statement.balances) == (Decimal(-2), Decimal(3), False)
