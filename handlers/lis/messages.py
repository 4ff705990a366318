"""The two messages of the laboratory information system, read strictly: anything odd is refused by field."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from storage.tables import ResultStatus

LONGEST_ORDER = 64
LONGEST_SITE = 80
EARLIEST = timedelta(days=3653)
LATEST = timedelta(days=1)

_NAME_SHOWN = 64
_CONTROLS = r"\x00-\x1f\x7f-\x9f"
_ONE_LINE = rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$"
_WORD = "has to be a string of 1 to {} characters on one line"
_TIME = (
    "has to be a time with its UTC offset, such as 2026-03-01T09:00:00+01:00, "
    "within the last ten years and no later than tomorrow"
)
_HINTS: Mapping[str, str] = {
    "order": _WORD.format(LONGEST_ORDER),
    "site": _WORD.format(LONGEST_SITE),
    "collected_at": _TIME,
    "delivered_at": _TIME,
    "status": "has to be final, corrected or cancelled",
}
_UNSTORABLE = "unstorable"


def _storable(value: object) -> object:
    if isinstance(value, str) and re.search(f"[{_CONTROLS}]", value):
        raise PydanticCustomError(_UNSTORABLE, "control characters")
    return value


def _dated(value: object) -> object:
    if not (isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", value)):
        raise ValueError("not a time")
    return value


def _plausible(moment: datetime, info: ValidationInfo) -> datetime:
    now: datetime = (info.context or {})["now"]
    if not now - EARLIEST <= moment <= now + LATEST:
        raise ValueError("too long ago or yet to come")
    return moment


_Order = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_ORDER, pattern=_ONE_LINE),
    BeforeValidator(_storable),
    AfterValidator(str.strip),
]
_Site = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_SITE, pattern=_ONE_LINE),
    BeforeValidator(_storable),
    AfterValidator(str.strip),
]
# Strict mode takes no text for a time once a validator stands before it, so `_dated` is strict instead.
_Moment = Annotated[
    AwareDatetime,
    Field(strict=False, description=_TIME),
    BeforeValidator(_dated),
    AfterValidator(_plausible),
]


class _Message(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SampleCollected(_Message):
    """A sample was collected: a visit begins."""

    order: _Order
    site: _Site
    collected_at: _Moment


class ResultsReported(_Message):
    """Results went out, were corrected, or were cancelled."""

    order: _Order
    status: ResultStatus
    delivered_at: _Moment


class Enrolled(BaseModel):
    """What the laboratory system is told of a visit."""

    visit_id: UUID
    token: str
    telegram_url: str | None
    enrol_url: str


class Known(BaseModel):
    """Which visit results belong to."""

    visit_id: UUID


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a message is refused: it is no JSON we can keep (`malformed`), or these `fields` need mending."""

    malformed: bool
    fields: Mapping[str, str]


_M = TypeVar("_M", bound=BaseModel)


def read_message(kind: type[_M], body: bytes, now: datetime) -> _M | Unusable:
    """The message in `body`, or what is wrong with it, in words that repeat no value of it."""
    try:
        return kind.model_validate_json(body.removeprefix(codecs.BOM_UTF8), context={"now": now})
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        kinds = {one["type"] for one in problems}
        fields = dict(_told(one["loc"], one["type"]) for one in problems if one["loc"])
        return Unusable(bool(kinds & {"json_invalid", _UNSTORABLE}), fields)


def _told(location: tuple[int | str, ...], kind: str) -> tuple[str, str]:
    name = str(location[0])[:_NAME_SHOWN]
    match kind:
        case "missing":
            return name, "is missing"
        case "extra_forbidden":
            return name, "is not a field of this message"
        case "unstorable":
            return name, "holds control characters"
        case _:
            return name, _HINTS[name]
