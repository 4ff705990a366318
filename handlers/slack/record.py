"""The form for the record of an investigation: what is in it now, and what somebody changed."""

import json
import zlib
from collections.abc import Iterable, Mapping
from enum import Enum

from bot.catalog import Catalog
from bot.complaints.terms import (
    Category,
    Cause,
    Complainant,
    Consequence,
    Effective,
    Means,
    MeasureKind,
    Phase,
    Recurrence,
    Substantiated,
)
from handlers.slack import frames, inputs
from handlers.slack.blocks import Block
from handlers.slack.cases import Case
from handlers.slack.inputs import Choices
from handlers.slack.payload import Payload
from handlers.slack.text import clipped
from storage.subscriptions import READERS

_MEASURE = ("measure_kind", "measure_words", "measure_owner", "measure_due")
_CHOICES: Mapping[str, tuple[type[Enum], str]] = {
    "category": (Category, "category"),
    "phase": (Phase, "phase"),
    "consequence": (Consequence, "consequence"),
    "recurrence": (Recurrence, "recurrence"),
    "complainant": (Complainant, "complainant"),
    "substantiated": (Substantiated, "substantiated"),
    "cause": (Cause, "cause"),
    "acknowledged_how": (Means, "means"),
    "communicated_how": (Means, "means"),
    "effective": (Effective, "effective"),
}
_YES_NO = ("ours", "safety", "confidential")
_ORDER = (
    "category",
    "phase",
    "consequence",
    "recurrence",
    "complainant",
    "safety",
    "confidential",
    "site",
    "ours",
    "ours_why",
    "evidence",
    "substantiated",
    "cause",
    "correction",
    "involved",
    "impartiality",
    "acknowledged_how",
    "communicated_how",
    "not_communicated_why",
    "review_on",
    "effective",
)
_JUDGED = frozenset({"effective"})
"""Not for those to say who took the measures themselves."""
_ALWAYS = frozenset({"impartiality"})
"""Sent along whenever it is there: somebody involved may act on the note they wrote before."""


def fields(case: Case, catalog: Catalog, locale: str) -> Iterable[Block]:
    """Every field of the record, with what is in it, and at the end one new measure."""
    given = _given(case)
    for name in _ORDER:
        if name in _JUDGED and case.role not in READERS:
            continue
        element = _element(name, given.get(name, ""), case, catalog, locale)
        yield inputs.labelled(name, catalog.say(f"record.field.{name}", locale), element)
    to_do = [
        (f"{catalog.say(f'measure.{one.kind}', locale)}, {one.due_on}: {one.words}", str(one.id))
        for one in case.measures
        if one.done_at is None
    ]
    if to_do:
        yield inputs.labelled("done", catalog.say("record.field.done", locale), inputs.ticks(to_do))
    kinds = [(catalog.say(f"measure.{one}", locale), one.value) for one in MeasureKind]
    elements = (inputs.choice(kinds), inputs.text(1000), inputs.person(), inputs.day())
    for name, element in zip(_MEASURE, elements, strict=True):
        yield inputs.labelled(name, catalog.say(f"record.field.{name}", locale), element)


def begun_with(case: Case) -> Mapping[str, str]:
    """Check sums of what the form begins with: what nobody changes in it is not sent."""
    return {
        name: _sum(name, clipped(value, inputs.MAX_INPUT)) for name, value in _given(case).items() if value
    }


def changed(payload: Payload) -> Mapping[str, str]:
    """What somebody changed in the form, by field of the record."""
    was, filled = frames.known(payload.part("view")).part("was"), payload.filled
    values = {
        name: filled.get(name, "")
        for name in _ORDER
        if name in payload.inputs and was.word(name) != _sum(name, filled.get(name, ""))
    }
    values |= {name: filled[name] for name in _ALWAYS & filled.keys()}
    if "done" in filled:
        values["done"] = filled["done"]
    if measure := {name.removeprefix("measure_"): filled[name] for name in _MEASURE if name in filled}:
        values["measure"] = json.dumps(measure, ensure_ascii=False)
    return values


def block_of(field: str) -> str:
    """The input at which to say what is wrong with a field of the record."""
    return "measure_words" if field == "measure" else field


def _given(case: Case) -> Mapping[str, str]:
    """What is in the record now, as a form says it."""
    found: dict[str, object] = {"involved": ",".join(case.involved)}
    for row in (case.complaint, case.investigation):
        found |= {name: getattr(row, name) for name in _ORDER if hasattr(row, name)}
    return {name: _written(value) for name, value in found.items()}


def _written(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case _:
            return str(value)


def _element(name: str, given: str, case: Case, catalog: Catalog, locale: str) -> Block:
    if name in _CHOICES:
        members, key = _CHOICES[name]
        labels = [catalog.say(f"{key}.{one.value}", locale) for one in members]
        choices = [
            (label[:1].upper() + label[1:], str(one.value))
            for label, one in zip(labels, members, strict=True)
        ]
        return inputs.choice(choices, given)
    if name in _YES_NO:
        return inputs.choice(_yes_no(catalog, locale), given)
    if name == "involved":
        return inputs.people(case.involved)
    if name == "review_on":
        return inputs.day(case.investigation.review_on if case.investigation else None)
    return inputs.text(inputs.MAX_INPUT, given, multiline=name != "site")


def _yes_no(catalog: Catalog, locale: str) -> Choices:
    return [(catalog.say(f"record.{one}", locale), one) for one in ("yes", "no")]


def _sum(name: str, value: str) -> str:
    """A check sum of a field, for which the order of people and how lines end do not count."""
    parts = sorted(value.split(",")) if name == "involved" else value.split()
    return f"{zlib.crc32(' '.join(parts).encode()):08x}" if "".join(parts) else ""
