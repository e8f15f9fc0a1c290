"""Which elements of a camt message are read, as paths of local names below the statement (ISO 20022 catalogue).

The paths become a tree of places; a reader steps from place to place as elements open and close.
"""

from __future__ import annotations

from collections.abc import Iterable

Record = dict[str, list[str]]  # path below the record -> texts, in file order; `path@Ccy` for the currency of an amount

FORMATS = {"BkToCstmrAcctRpt": "camt.052", "BkToCstmrStmt": "camt.053", "BkToCstmrDbtCdtNtfctn": "camt.054"}

STATEMENT, BALANCE, ENTRY, DETAIL = "statement", "balance", "entry", "detail"

DOMAIN_CODE = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
PARTY_NAMES = {  # `Pty` stands between since version 8
    role: tuple(f"RltdPties/{path.format(role)}" for path in ("{0}/Nm", "{0}/Pty/Nm", "Ultmt{0}/Nm", "Ultmt{0}/Pty/Nm"))
    for role in ("Dbtr", "Cdtr")
}
PARTY_ACCOUNTS = {
    role: tuple(f"RltdPties/{role}Acct/Id/{kind}" for kind in ("IBAN", "Othr/Id")) for role in PARTY_NAMES
}

_STATEMENT_LEAVES = (
    *("Id", "ElctrncSeqNb", "LglSeqNb", "FrToDt/FrDtTm", "FrToDt/ToDtTm"),
    *("Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Ccy"),
)
_BALANCE_LEAVES = ("Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Amt", "CdtDbtInd", "Dt/Dt", "Dt/DtTm")
_ENTRY_LEAVES = (
    *("NtryRef", "Amt", "CdtDbtInd", "RvslInd", "Sts", "Sts/Cd", "Sts/Prtry", "AcctSvcrRef", "AddtlNtryInf"),
    *("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"),
    *(*DOMAIN_CODE, "BkTxCd/Prtry/Cd"),
)
_DETAIL_LEAVES = (
    *("Refs/EndToEndId", "Amt", "CdtDbtInd", "AmtDtls/TxAmt/Amt", "AddtlTxInf"),
    *("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref"),
    *(*DOMAIN_CODE, "BkTxCd/Prtry/Cd"),
    *(path for paths in (*PARTY_NAMES.values(), *PARTY_ACCOUNTS.values()) for path in paths),
)


_REMEMBERED = 256  # names per place; a hostile file may invent as many as it likes


class Place(dict[str, "Place"]):
    """Where the reader stands. Indexed by element name as written, it gives the place of that child.

    A prefix is looked through once and remembered; a tree of places serves one file.
    """

    __slots__ = ("currency", "elsewhere", "format", "key", "opens", "record")

    def __init__(self, elsewhere: Place | None = None) -> None:
        super().__init__()
        self.elsewhere: Place = self if elsewhere is None else elsewhere
        self.key = ""  # path of a text that is read
        self.currency = ""  # path of its attribute Ccy
        self.record = ""  # kind of record that begins here
        self.format = ""  # message that begins here
        self.opens = False  # one of the last two

    def __missing__(self, name: str) -> Place:
        place = self.get(name.rpartition(":")[2], self.elsewhere)
        if len(self) < _REMEMBERED:
            self[name] = place
        return place

    def reach(self, path: str) -> Place:
        """The place at `path` below this one, made where it is new."""
        place = self
        for name in path.split("/"):
            if name not in place:
                place[name] = Place(self.elsewhere)
            place = place[name]
        return place

    def begin(self, record: str, leaves: Iterable[str]) -> None:
        """A record begins here, with texts at these paths."""
        self.record, self.opens = record, True
        for path in leaves:
            leaf = self.reach(path)
            leaf.key, leaf.currency = path, f"{path}@Ccy"


class Outside(Place):
    """Around the messages: envelopes of any name are passed through until a message begins."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        ignored = Place()
        for name, report in zip(FORMATS, ("Rpt", "Stmt", "Ntfctn"), strict=True):
            message = self[name] = Place(ignored)
            message.format, message.opens = FORMATS[name], True
            _lay_out(message.reach(report))


def _lay_out(statement: Place) -> None:
    statement.begin(STATEMENT, _STATEMENT_LEAVES)
    statement.reach("Bal").begin(BALANCE, _BALANCE_LEAVES)
    statement.reach("Ntry").begin(ENTRY, _ENTRY_LEAVES)
    statement.reach("Ntry/NtryDtls/TxDtls").begin(DETAIL, _DETAIL_LEAVES)
