"""Why a VietQR text is refused: the rule that it breaks and the tag where it breaks it."""

from __future__ import annotations

from typing import ClassVar


class VietQRError(ValueError):
    """A payload that must not be read, or a value that must not be written.

    `rule` is stable (`bad_amount`, `nested_length`, `not_vietqr` ...), `code` is `vietqr.` and the rule, `tag` is a
    path such as `38.01.01` and empty where the whole text is meant. No value of the payload is repeated.
    """

    kind: ClassVar[str] = "invalid"

    def __init__(self, rule: str, tag: str, detail: str) -> None:
        super().__init__(rule, tag, detail)
        self.rule = rule
        self.code = f"vietqr.{rule}"
        self.tag = tag
        self.detail = detail

    def __str__(self) -> str:
        return self.detail
