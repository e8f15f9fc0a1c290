"""The traps, each a function that lays a few payments, lines and settlement rows and says what they truly are.

 1. plain            a reference in its field
 2. memo             a reference between a bank's own words, in lower case
 3. broken_memo      a reference cut by a bank's line width
 4. folded           O for 0 and I or L for 1
 5. twins            two payments of one amount, one second, one memo but for the reference
 6. twin_lines       two lines equal in all but the bank's number, for two payments in one
 7. instalments      several lines for one payment
 8. basket           one line for several payments
 9. crosswise        several lines for several payments, sums equal
10. tangle           the same, sums unequal: nobody may choose
11. short            too little
12. over             too much, in two lines
13. near_miss        one đồng short
14. again            the same payment twice
15. again_by_memo    twice, once by field and once by memo
16. no_receipt       money without receipt
17. pending          money for a payment that is not settled
18. failed_receipt   a receipt without money
19. open             nothing at all
20. missing          settled long ago, no money
21. late             settled on the last day
22. wrong_account    money on another account of ours
23. wrong_then_right the same, and once more on the right one
24. foreign          a well-formed reference of another office
25. one_off          a reference with one character wrong
26. amount_bait      a line without reference of exactly the amount of an open payment
27. subset_bait      a line without reference of exactly the sum of two open payments
28. account_number   digits and letters that only look like a reference
29. refund           a debit with a reference
30. failed_refund    that debit, reversed
31. lump             a batch, net of commission rounded down row by row
32. lump_short       a batch one đồng short
33. commission       a lump that agrees, over a row with the wrong commission
34. gross            a row whose gross is not the sale
35. unpaid_batch     a batch without a lump
36. lump_by_day      a lump that prints terminal and trade day alone
37. taken_back       a negative row
38. chargeback       a debit for a settled sale
39. unsettled_sale   a sale past its day that is in no file
40. late_sale        a sale of the last day
41. paid_twice       a sale in a batch that a transfer has paid already
42. bank_fee         a fee in words alone
43. fee_like         a payment whose memo speaks of fees
44. interest         interest in words alone
45. debit            a debit nobody knows
46. own_transfer     money between our own accounts, by the counterparty
47. foreign_debit    a debit with an unissued reference
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random

from reconciliation.model import SourcePayment
from tests.reconciliation.world import AS_OF, FRIDAY, MAIN, OTHER, World

AMOUNTS = (20_000, 50_000, 75_000, 100_000, 150_000, 200_000, 500_000, 1_000_000)


@dataclass
class Ground:
    """A world, and what is true of it: kinds are the world's, partners are here."""

    dice: Random
    world: World = field(init=False)
    partners: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    batches: int = 0

    def __post_init__(self) -> None:
        self.world = World(seed=self.dice.randrange(1 << 30))

    def amount(self) -> int:
        return self.dice.choice(AMOUNTS)

    def pay(self, kind: str, amount: int = 0, **more: object) -> SourcePayment:
        return self.world.pay(kind, amount or self.amount(), **more)  # type: ignore[arg-type]

    def line(self, kind: str, amount: int, memo: str = "", **more: object) -> str:
        return self.world.line(kind, amount, memo, **more)  # type: ignore[arg-type]

    def group(self, lines: Sequence[str], payments: Sequence[SourcePayment]) -> None:
        """These belong together and with nothing else."""
        ids = tuple(payment.payment_id for payment in payments)
        for number in lines:
            self.partners[("line", number)] = ids
        for payment_id in ids:
            self.partners[("payment", payment_id)] = tuple(lines)

    def batch(self) -> str:
        self.batches += 1
        return f"LO-{self.batches:05d}"


Trap = Callable[[Ground], None]


def plain(g: Ground) -> None:
    p = g.pay("MATCH_E2E")
    g.group([g.line("MATCH_E2E", p.amount, "nop phi", e2e=p.reference)], [p])


def memo(g: Ground) -> None:
    p = g.pay("MATCH_MEMO")
    told = f"mbvcb.{g.dice.randrange(10**9)}.{p.reference.lower()}.ct tu 0123456789"
    g.group([g.line("MATCH_MEMO", p.amount, told)], [p])


def broken_memo(g: Ground) -> None:
    p = g.pay("MATCH_MEMO")
    g.group([g.line("MATCH_MEMO", p.amount, f"{p.reference[:7]} {p.reference[7:]}")], [p])


def folded(g: Ground) -> None:
    p = g.pay("MATCH_MEMO")
    written = "BLQ" + p.reference[3:].replace("0", "O").replace("1", "I")
    g.group([g.line("MATCH_MEMO", p.amount, written)], [p])


def twins(g: Ground) -> None:
    amount = g.amount()
    for p in (g.pay("MATCH_MEMO", amount), g.pay("MATCH_MEMO", amount)):
        g.group([g.line("MATCH_MEMO", amount, f"nop le phi {p.reference}")], [p])


def twin_lines(g: Ground) -> None:
    p = g.pay("MATCH_MANY_TO_ONE", 200_000)
    g.group([g.line("MATCH_MANY_TO_ONE", 100_000, p.reference) for _ in range(2)], [p])


def instalments(g: Ground) -> None:
    p = g.pay("MATCH_MANY_TO_ONE", 600_000)
    lines = [
        g.line("MATCH_MANY_TO_ONE", part, p.reference, day=day) for part, day in ((100_000, FRIDAY), (500_000, AS_OF))
    ]
    g.group(lines, [p])


def basket(g: Ground) -> None:
    paid = [g.pay("MATCH_ONE_TO_MANY") for _ in range(g.dice.randrange(2, 6))]
    told = " ".join(p.reference for p in paid)
    g.group([g.line("MATCH_ONE_TO_MANY", sum(p.amount for p in paid), told)], paid)


def crosswise(g: Ground) -> None:
    a, b = g.pay("MATCH_MANY_TO_MANY", 40_000), g.pay("MATCH_MANY_TO_MANY", 60_000)
    first = g.line("MATCH_MANY_TO_MANY", 90_000, f"{a.reference} {b.reference}")
    g.group([first, g.line("MATCH_MANY_TO_MANY", 10_000, b.reference)], [a, b])


def tangle(g: Ground) -> None:
    a, b = g.pay("AMBIGUOUS", 40_000), g.pay("AMBIGUOUS", 60_000)
    first = g.line("AMBIGUOUS", 100_000, f"{a.reference} {b.reference}")
    g.group([first, g.line("AMBIGUOUS", 60_000, b.reference)], [a, b])


def short(g: Ground) -> None:
    p = g.pay("AMOUNT_UNDER", 150_000)
    g.group([g.line("AMOUNT_UNDER", 100_000, p.reference)], [p])


def over(g: Ground) -> None:
    p = g.pay("AMOUNT_OVER", 150_000)
    g.group([g.line("AMOUNT_OVER", part, p.reference) for part in (100_000, 60_000)], [p])


def near_miss(g: Ground) -> None:
    p = g.pay("AMOUNT_UNDER")
    g.group([g.line("AMOUNT_UNDER", p.amount - 1, "nop phi", e2e=p.reference)], [p])


def again(g: Ground) -> None:
    p = g.pay("MATCH_MEMO")
    g.group([g.line("MATCH_MEMO", p.amount, p.reference)], [p])
    g.line("DUPLICATE", p.amount, p.reference, day=AS_OF)


def again_by_memo(g: Ground) -> None:
    p = g.pay("MATCH_E2E")
    g.line("DUPLICATE", p.amount, p.reference)
    g.group([g.line("MATCH_E2E", p.amount, e2e=p.reference)], [p])


def no_receipt(g: Ground) -> None:
    p = g.pay("MONEY_WITHOUT_RECEIPT", receipt=False)
    g.group([g.line("MONEY_WITHOUT_RECEIPT", p.amount, p.reference)], [p])


def pending(g: Ground) -> None:
    p = g.pay("MONEY_WITHOUT_RECEIPT", status="PENDING", receipt=False)
    g.group([g.line("MONEY_WITHOUT_RECEIPT", p.amount, e2e=p.reference)], [p])


def failed_receipt(g: Ground) -> None:
    g.pay("RECEIPT_WITHOUT_MONEY", status="FAILED")


def open_(g: Ground) -> None:
    g.pay("OPEN", status=g.dice.choice(("PENDING", "FAILED")), receipt=False)


def missing(g: Ground) -> None:
    g.pay("MISSING_IN_BANK")


def late(g: Ground) -> None:
    g.pay("LATE_CUTOFF", paid_on=AS_OF)


def wrong_account(g: Ground) -> None:
    p = g.pay("WRONG_ACCOUNT")
    g.group([g.line("WRONG_ACCOUNT", p.amount, p.reference, account=OTHER)], [p])


def wrong_then_right(g: Ground) -> None:
    p = g.pay("MATCH_MEMO")
    g.line("WRONG_ACCOUNT", p.amount, p.reference, account=OTHER)
    g.group([g.line("MATCH_MEMO", p.amount, p.reference)], [p])


def foreign(g: Ground) -> None:
    g.line("UNKNOWN_REFERENCE", g.amount(), f"nop phi {g.world.reference()}")


def one_off(g: Ground) -> None:
    p = g.pay("MISSING_IN_BANK")
    wrong = "2" if p.reference[5] != "2" else "3"
    g.line("UNKNOWN_REFERENCE", p.amount, p.reference[:5] + wrong + p.reference[6:])


def amount_bait(g: Ground) -> None:
    p = g.pay("MISSING_IN_BANK", 123_000 + g.dice.randrange(900))
    g.line("UNKNOWN_REFERENCE", p.amount, "NGUYEN VAN AN nop le phi ho chieu")


def subset_bait(g: Ground) -> None:
    a, b = g.pay("MISSING_IN_BANK", 31_000), g.pay("MISSING_IN_BANK", 47_000)
    g.line("UNKNOWN_REFERENCE", a.amount + b.amount, "nop phi hai ho so")


def account_number(g: Ground) -> None:
    g.line("UNKNOWN_REFERENCE", g.amount(), f"BLQ TRAN VAN B FT{g.dice.randrange(10**10):010d}")


def refund(g: Ground) -> None:
    p = g.pay("MATCH_MEMO")
    g.group([g.line("MATCH_MEMO", p.amount, p.reference)], [p])
    g.line("REFUND", -p.amount, f"HOAN TRA {p.reference}", day=AS_OF)


def failed_refund(g: Ground) -> None:
    p = g.pay("MATCH_E2E")
    g.group([g.line("MATCH_E2E", p.amount, e2e=p.reference)], [p])
    g.line("REFUND", -p.amount, f"HOAN TRA {p.reference}")
    g.line("REFUND", p.amount, f"HOAN TRA {p.reference}", day=AS_OF, reversal=True)


def _sales(g: Ground, kind: str, count: int, amount: int = 0) -> tuple[str, list[SourcePayment]]:
    batch = g.batch()
    sales = [g.pay(kind, amount, channel="POS") for _ in range(count)]
    for sale in sales:
        g.world.sale(batch, sale)
    return batch, sales


def lump(g: Ground) -> None:
    batch, sales = _sales(g, "MATCH_BATCH", g.dice.randrange(2, 9), 99_999)
    g.group([g.line("MATCH_BATCH", g.world.net(batch), f"TT THE {batch}", day=AS_OF)], sales)


def lump_short(g: Ground) -> None:
    batch, sales = _sales(g, "FEE_MISMATCH", 3)
    g.group([g.line("FEE_MISMATCH", g.world.net(batch) - 1, f"TT THE {batch}", day=AS_OF)], sales)


def commission(g: Ground) -> None:
    batch, sales = _sales(g, "FEE_MISMATCH", 2)
    extra = g.pay("FEE_MISMATCH", channel="POS")
    g.world.sale(batch, extra, mdr=1)
    g.group([g.line("FEE_MISMATCH", g.world.net(batch), f"TT THE {batch}", day=AS_OF)], [*sales, extra])


def gross(g: Ground) -> None:
    batch, sales = _sales(g, "FEE_MISMATCH", 1)
    extra = g.pay("FEE_MISMATCH", channel="POS")
    g.world.sale(batch, extra, gross=extra.amount - 1_000)
    g.group([g.line("FEE_MISMATCH", g.world.net(batch), f"TT THE {batch}", day=AS_OF)], [*sales, extra])


def unpaid_batch(g: Ground) -> None:
    _sales(g, "BATCH_NOT_PAID", 2)


def lump_by_day(g: Ground) -> None:
    terminal = f"M{g.batches:04d}X"
    batch = g.batch()
    sales = [g.pay("MATCH_BATCH", channel="POS") for _ in range(2)]
    for sale in sales:
        g.world.sale(batch, sale, terminal=terminal)
    told = f"THANH TOAN POS {terminal} NGAY {FRIDAY:%d/%m/%Y}"
    g.group([g.line("MATCH_BATCH", g.world.net(batch), told, day=AS_OF)], sales)


def taken_back(g: Ground) -> None:
    batch, sales = _sales(g, "MATCH_BATCH", 2, 400_000)
    g.world.sale(batch, g.pay("CHARGEBACK", 150_000, channel="POS"), gross=-150_000, mdr=0)
    g.group([g.line("MATCH_BATCH", g.world.net(batch), f"TT THE {batch}", day=AS_OF)], sales)


def chargeback(g: Ground) -> None:
    batch, sales = _sales(g, "MATCH_BATCH", 1)
    g.group([g.line("MATCH_BATCH", g.world.net(batch), f"TT THE {batch}", day=AS_OF)], sales)
    g.line("CHARGEBACK", -sales[0].amount, f"{sales[0].reference} THE BI BOI HOAN", day=AS_OF)


def unsettled_sale(g: Ground) -> None:
    g.pay("MISSING_IN_SETTLEMENT", channel="POS")


def late_sale(g: Ground) -> None:
    g.pay("LATE_CUTOFF", channel="POS", paid_on=AS_OF)


def paid_twice(g: Ground) -> None:
    p = g.pay("MATCH_MEMO", channel="POS")
    g.group([g.line("MATCH_MEMO", p.amount, p.reference)], [p])
    batch, sales = _sales(g, "FEE_MISMATCH", 1)
    g.world.sale(batch, p)
    g.group([g.line("FEE_MISMATCH", g.world.net(batch), f"TT THE {batch}", day=AS_OF)], sales)


def bank_fee(g: Ground) -> None:
    g.line("BANK_FEE", -11_000, g.dice.choice(("PHI DICH VU BSMS T11", "Phí quản lý tài khoản", "PHI NGAN HANG")))


def fee_like(g: Ground) -> None:
    p = g.pay("MATCH_MEMO")
    g.group([g.line("MATCH_MEMO", p.amount, f"PHI DICH VU cong {p.reference}")], [p])


def interest(g: Ground) -> None:
    g.line("INTEREST", 1_234, "LAI TIEN GUI T11/2026")


def debit(g: Ground) -> None:
    g.line("UNKNOWN_DEBIT", -g.amount(), "rut tien mat")


def own_transfer(g: Ground) -> None:
    g.line("INTERNAL_TRANSFER", -700_000, "chuyen tien", counterparty=OTHER)
    g.line("INTERNAL_TRANSFER", 700_000, "chuyen tien", account=OTHER, counterparty=MAIN)


def foreign_debit(g: Ground) -> None:
    g.line("UNKNOWN_DEBIT", -g.amount(), f"chi {g.world.reference()}")


TRAPS: tuple[Trap, ...] = (
    *(plain, memo, broken_memo, folded, twins, twin_lines, instalments, basket, crosswise, tangle, short, over),
    *(near_miss, again, again_by_memo, no_receipt, pending, failed_receipt, open_, missing, late, wrong_account),
    *(wrong_then_right, foreign, one_off, amount_bait, subset_bait, account_number, refund, failed_refund, lump),
    *(lump_short, commission, gross, unpaid_batch, lump_by_day, taken_back, chargeback, unsettled_sale, late_sale),
    *(paid_twice, bank_fee, fee_like, interest, debit, own_transfer, foreign_debit),
)

NEEDS_MORE_THAN_CSV = frozenset({failed_refund, own_transfer})  # reversal and counterparty: camt.053 alone says them

PERIOD: tuple[date, date] = (FRIDAY, AS_OF)
