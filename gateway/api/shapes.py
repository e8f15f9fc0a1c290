"""The shapes that requests and answers are made of: strict integers of đồng, plain days, ids, pages of a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

MOST_INTEGER = 9_007_199_254_740_991  # what JSON readers agree on (RFC 8259, section 6)
ID_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
TEXT_PATTERN = r"^[^\x00-\x1f\x7f]+$"

Item = TypeVar("Item")


class Told(BaseModel):
    """What a client sends: nothing is converted, nothing unknown is let through."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class Given(BaseModel):
    """What a client gets."""


def _day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "a day is written YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_day)]
Id = Annotated[str, Field(pattern=ID_PATTERN)]
Integer = Annotated[int, Field(ge=-MOST_INTEGER, le=MOST_INTEGER)]  # what it may be on its place is the verb's to say
Dong = Annotated[int, Field(description="đồng")]

Limit = Annotated[int, Query(ge=1, le=200, description="Items on a page")]
Cursor = Annotated[str | None, Query(pattern=ID_PATTERN, description="`next_cursor` of the page before")]


def page(
    found: Sequence[Item], limit: int, worded: Callable[[Sequence[Item]], Sequence[dict[str, Any]]], key: str = "id"
) -> dict[str, Any]:
    """A page out of `limit` + 1 items at most: the one too many only says that there are more."""
    data = list(worded(found[:limit]))
    more = len(found) > limit
    return {"data": data, "has_more": more, "next_cursor": data[-1][key] if more else None}


class Listed(Given):
    """What all lists have in common."""

    has_more: bool
    next_cursor: str | None = Field(description="Give it as `cursor` to read on; null on the last page")
