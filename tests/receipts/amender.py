"""Run as a process of its own: `amender.py URL OLD_ID`; replaces a receipt, says so, and never commits."""

from __future__ import annotations

import sys
import time

from gateway.kernel.db import make_engine
from receipts.amend import replace
from tests.receipts.desk import NOW, SEALER, Desk, make_facts


def main(url: str, old_id: str) -> None:
    desk = Desk(make_engine(url))
    with desk.engine.begin() as connection:
        replace(
            connection,
            old_id,
            make_facts("src_amended"),
            now=NOW,
            mint=desk.mint,
            sealer=SEALER,
            lookup_code=lambda: desk.ids.code(12),
            reason="Sai số tiền",
        )
        print("inside", flush=True)
        time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
