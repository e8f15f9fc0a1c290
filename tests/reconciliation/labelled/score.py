"""Compare results with the truth: `python -m tests.reconciliation.labelled.score LINES.csv PAYMENTS.csv --truth TRUTH.csv`.

LINES.csv has at least `line_no,kind,payment_ids`, PAYMENTS.csv `payment_id,kind,line_nos`, lists joined by `;`. A row is
right with the true kind and, where the truth names partners, exactly those. A false match is a row called a match
that is none, or not with these partners: the error that costs money, so it is counted apart. Exit 1 unless all is right.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Told = Mapping[tuple[str, str], tuple[str, frozenset[str]]]  # side and id -> kind and partners


@dataclass
class Score:
    """Rows by outcome; `wrong` names each row that is not right, false matches among them."""

    right: int = 0
    missing: int = 0
    false_matches: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def perfect(self) -> bool:
        return not self.wrong and not self.missing


def score(lines: Path, payments: Path, truth: Path) -> Score:
    """Judge every row of the truth, and every row that the truth does not know."""
    told = {**_told(lines, "line", "line_no", "payment_ids"), **_told(payments, "payment", "payment_id", "line_nos")}
    true = _truth(truth)
    found = Score()
    for subject, (kind, partners) in true.items():
        if subject not in told:
            found.missing += 1
            continue
        said, beside = told[subject]
        if said == kind and (not partners or partners == beside):
            found.right += 1
            continue
        found.wrong.append(
            f"{subject[0]} {subject[1]}: {said} with {sorted(beside)}, truly {kind} with {sorted(partners)}"
        )
        found.false_matches += said.startswith("MATCH_")
    for subject in told.keys() - true.keys():
        found.wrong.append(f"{subject[0]} {subject[1]}: not in the files")
        found.false_matches += told[subject][0].startswith("MATCH_")
    return found


def _told(path: Path, side: str, key: str, partners: str) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    return {(side, row[key]): (row["kind"], _listed(row.get(partners) or "")) for row in _rows(path)}


def _truth(path: Path) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    return {(row["side"], row["id"]): (row["kind"], _listed(row["partners"])) for row in _rows(path)}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split(";")) - {""}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=Path)
    parser.add_argument("payments", type=Path)
    parser.add_argument("--truth", type=Path, required=True)
    told = parser.parse_args()
    found = score(told.lines, told.payments, told.truth)
    print(
        f"right {found.right}, wrong {len(found.wrong)}, missing {found.missing}, false matches {found.false_matches}"
    )
    for row in found.wrong[:50]:
        print(f"  {row}")
    return 0 if found.perfect else 1


if __name__ == "__main__":
    sys.exit(main())
