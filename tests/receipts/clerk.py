"""Run as a process of its own: `clerk.py URL NAME BATCHES STOP_AT`; batch STOP_AT is written and never committed."""

from __future__ import annotations

import sys
import time

from gateway.kernel.db import make_engine
from tests.receipts.desk import Desk, make_facts


def main(url: str, name: str, batches: int, stop_at: int) -> None:
    desk = Desk(make_engine(url))
    for batch in range(batches):
        with desk.engine.begin() as connection:
            desk.issue_in(connection, [make_facts(f"{name}_{batch}_{i}") for i in range(7)])
            if batch == stop_at:
                print("inside", flush=True)
                time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
