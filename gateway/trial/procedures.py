"""A catalogue of thousands of services: the product's own tariff, and beside it sample procedures in the same fields.

Their names are put together as the national list words them (act, paper, for whom), field by field in a fixed order, so
the same count is the same catalogue. Their codes begin with 9, which no real procedure does, and their legal ground says
that they are samples.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from itertools import islice, product
from typing import Any

from gateway.trial.procedure_words import PAPERS, RECORDS

GROUND = "Dữ liệu mẫu, không phải văn bản thật / sample, no real text"
_ACTS = ("Cấp mới", "Cấp lại", "Cấp đổi", "Gia hạn", "Điều chỉnh nội dung")
_WHOM = (
    "cho tổ chức, doanh nghiệp",
    "cho hộ kinh doanh",
    "cho cá nhân",
    "cho tổ chức, cá nhân nước ngoài",
)
_WHERE = ("", " lưu động", " tại khu vực biên giới", " có yếu tố nước ngoài", " bằng hình thức trực tuyến")
_AMOUNTS = (10_000, 25_000, 50_000, 80_000, 100_000, 150_000, 200_000, 300_000, 500_000, 650_000, 1_000_000, 1_500_000)


def catalogue(services: int) -> bytes:
    """A catalogue file of this many procedures, the product's own among them."""
    file = json.loads(resources.files("gateway.dues").joinpath("catalogue.json").read_text("utf-8"))
    known = {fee["procedure_name"] for fee in file["fees"]}
    invented = (each for each in _named() if each[1] not in known)
    wanted = islice(invented, max(0, services - len(file["fees"])))
    file["fees"] += [_fee(number, field, name) for number, (field, name) in enumerate(wanted, start=1)]
    file["meta"]["count"] = len(file["fees"])
    return json.dumps(file, ensure_ascii=False, separators=(",", ":")).encode()


def _named() -> Iterator[tuple[str, str]]:
    """Field and name: registrations first, then papers by act and applicant."""
    for field, acts in RECORDS.items():
        yield from ((field, f"{act}{where}") for act, where in product(acts, _WHERE))
    for whom, act in product(_WHOM, _ACTS):
        for field, papers in PAPERS.items():
            yield from ((field, f"{act} {paper} {whom}") for paper in papers)


def _fee(number: int, field: str, name: str) -> dict[str, Any]:
    state = number % 2 == 0
    item = {
        "kind": "le_phi" if state else "phi",
        "name": f"{'Lệ phí' if state else 'Phí thẩm định hồ sơ'}: {name[0].lower()}{name[1:]}",
        "amount_vnd": _AMOUNTS[number % len(_AMOUNTS)],
        "unit": "hồ sơ",
    }
    return {
        "id": f"mau-{number:04d}",
        "procedure_code": f"9.{number:06d}",
        "procedure_name": name,
        "field": field,
        "items": [item],
        "legal_basis": GROUND,
        "amount_confidence": "unsure",
    }
