"""MT940 lines: marks, dates, references, joined remarks, blocks, and what may not be guessed."""

from __future__ import annotations

import pytest

from connectors.files import mt940
from connectors.statement import Entry, Parsed


def read(*lines: str, end: str = "\n") -> Parsed:
    head = (":20:STMT", ":25:19001", ":28C:5/1", ":60F:C261119VND1000,")
    return mt940.parse(end.join((*head, *lines, ":62F:C261120VND1000,", "-")).encode())


def entry(*lines: str) -> Entry:
    parsed = read(*lines)
    assert parsed.problems == ()
    return parsed.statements[0].entries[0]


@pytest.mark.parametrize(
    ("mark", "amount", "reversal"),
    [("C", 50, False), ("D", -50, False), ("RC", -50, True), ("RD", 50, True), ("CD", 50, False), ("DR", -50, False)],
)
def test_marks(mark: str, amount: int, reversal: bool) -> None:
    found = entry(f":61:2611201120{mark}50,NTRFNONREF")
    assert (found.amount, found.reversal) == (amount, reversal)


def test_an_expected_credit_of_an_interim_report_is_not_booked() -> None:
    report = ":20:A\n:25:19001\n:34F:VND0,\n:13D:2611201200+0700\n:61:261120EC50,NTRFNONREF\n:90C:1VND50,\n-"
    parsed = mt940.parse(report.encode())
    statement = parsed.statements[0]
    assert (parsed.format, statement.currency, statement.balances) == ("mt942", "VND", None)
    assert [(e.amount, e.status, e.currency) for e in statement.entries] == [(50, "PDNG", "VND")]


def test_references_of_the_line() -> None:
    found = entry(":61:2611201120C50,NTRFBLQ7K3M9TX1Q//FT26324000001")
    assert (found.references, found.bank_reference) == (("BLQ7K3M9TX1Q",), "FT26324000001")
    assert entry(":61:261120C50,NTRFNONREF//NONREF").bank_reference == ""
    assert entry(":61:261120C50,NTRFNONREF").references == ()


def test_remarks_cut_inside_a_word_are_joined_and_short_lines_are_not() -> None:
    full = "x" * 60 + "BLQ7K"
    assert entry(":61:261120C50,NTRFNONREF", f":86:{full}", "3M9TX1Q", "con lai").memo == f"{full}3M9TX1Q con lai"
    assert entry(":61:261120C50,NTRFNONREF", ":86:HO SO 12", ":86:NOP PHI").memo == "HO SO 12 NOP PHI"


def test_a_remark_line_that_begins_with_a_colon_is_no_field() -> None:
    assert entry(":61:261120C50,NTRFNONREF", ":86:HO SO", ":KO:12").memo == "HO SO :KO:12"


def test_keywords_without_subfields() -> None:
    found = entry(":61:261120C50,NTRFNONREF", ":86:EREF+BLQ7 KREF+NOTPROVIDED SVWZ+nop phi")
    assert (found.references, found.memo) == (("BLQ7",), "nop phi")


def test_supplementary_details_belong_to_the_memo() -> None:
    assert entry(":61:261120C50,NTRFNONREF", "BLQ7K3M9TX1Q", ":86:nop phi").memo == "nop phi BLQ7K3M9TX1Q"
    assert entry(":61:261120C50,NTRFNONREF", "NL44RABO0123456789").counterparty_account == "NL44RABO0123456789"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_breaks_of_every_kind(end: str) -> None:
    (statement,) = read(":61:261120C50,NTRFNONREF", ":86:nop", "phi", end=end).statements
    assert (statement.account, statement.number, statement.entries[0].memo) == ("19001", "5/1", "nop phi")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_two_encodings(encoding: str) -> None:
    text = ":20:A\n:25:1\n:61:261120C50,NTRFNONREF\n:86:Müller\n-"
    assert mt940.parse(text.encode(encoding)).statements[0].entries[0].memo == "Müller"


def test_several_statements_in_envelopes() -> None:
    block = "{{1:F01BANKVNVX}}{{2:I940BANKVNVXN}}{{4:\r\n:20:{0}\r\n:25:{0}\r\n:60F:C261119VND0,\r\n:62F:C261119VND0,\r\n-}}"
    parsed = mt940.parse("\x03".join(block.format(n) for n in (1, 2, 3)).encode())
    assert [(s.account, s.balances) for s in parsed.statements] == [("1", True), ("2", True), ("3", True)]
    assert parsed.problems == ()


def test_what_follows_a_block_is_in_no_memo() -> None:
    text = ":20:A\n:25:1\n:61:261120C50,NTRFNONREF\n:86:nop phi\n-}\x03\x01{1:F01BANK}{4:\n:20:B\n:25:2\n:60F:C261120VND1,\n-}"
    assert mt940.parse(text.encode()).statements[0].entries[0].memo == "nop phi"


def test_a_statement_without_its_start_is_read_and_pointed_out() -> None:
    parsed = mt940.parse(b":25:1\n:60F:C261119VND0,\n:61:261120C50,NTRFNONREF\n:62F:C261119VND50,\n")
    assert [problem.code for problem in parsed.problems] == ["statement.start_missing"]
    assert parsed.statements[0].balances is True


def test_a_second_account_after_money_begins_another_statement() -> None:
    text = ":20:A\n:25:1\n:61:261120C50,NTRFNONREF\n:25:2\n:61:261120C60,NTRFNONREF\n-"
    parsed = mt940.parse(text.encode())
    assert [(s.account, [int(e.amount) for e in s.entries]) for s in parsed.statements] == [("1", [50]), ("2", [60])]
    assert "account.repeated" in {problem.code for problem in parsed.problems}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (":61:261320C50,NTRFNONREF", "date.unreadable"),
        (":61:260230C50,NTRFNONREF", "date.unreadable"),
        (":61:2611201350C50,NTRFNONREF", "date.unreadable"),
        (":61:ABCDEFC50,NTRFNONREF", "date.unreadable"),
        (":61:", "date.unreadable"),
        (":61:261120X50,NTRFNONREF", "direction.unreadable"),
        (":61:26112050,NTRFNONREF", "direction.unreadable"),
        (":61:261120C5.000,NTRFNONREF", "amount.unreadable"),
        (":61:261120C-50,NTRFNONREF", "amount.unreadable"),
        (":61:261120CNTRFNONREF", "amount.unreadable"),
        (":61:261120C50,?", "line.unreadable"),
        (":64:C261120VND1.000,00", "amount.unreadable"),
        (":64:X261120VND1,", "direction.unreadable"),
        (":65:C261131VND1,", "date.unreadable"),
        (":65:C261130V1,", "currency.missing"),
    ],
)
def test_an_impossible_value_refuses_the_file(line: str, code: str) -> None:
    parsed = read(":61:261120C50,NTRFNONREF", line)
    assert parsed.statements == ()
    assert [(problem.code, problem.where) for problem in parsed.problems] == [(code, "line 6")]


def test_problems_quote_no_names() -> None:
    parsed = read(":61:NGUYEN VAN A C50,NTRF")
    assert "NGUYEN VAN" not in parsed.problems[0].message
