"""One questionnaire out of one YAML text, with every problem of it noted at its line."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum

from bot.catalog.conditions import read_condition
from bot.catalog.document import read_document
from bot.catalog.endings import read_opens, read_praises
from bot.catalog.fields import Fields
from bot.catalog.items import ItemReader, NumberWords
from bot.catalog.problems import Problems
from bot.dialog.answer import Item
from bot.dialog.message import Wording
from bot.dialog.questionnaire import Condition, Plan, Questionnaire
from bot.dialog.schedule import Schedule, Trigger

# The title heads a Slack modal, which shows no more characters than this.
MAX_TITLE = 24


class Audience(StrEnum):
    """Whom a questionnaire is for."""

    PATIENT = "patient"
    CARE_TEAM = "care_team"
    STAFF = "staff"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Definition:
    """What one file says. `leads` has the line and the name of every questionnaire it refers to."""

    questionnaire: Questionnaire
    source: str
    leads: tuple[tuple[int, str], ...]
    id_line: int
    version_line: int


def read_definition(
    source: str, problems: Problems, numbers: NumberWords, locales: Collection[str] | None
) -> Definition | None:
    """The questionnaire in `source`, or None with at least one problem noted.

    `locales` are those every text must be worded in; None asks for at least one, whichever it is.
    """
    before = len(problems)
    table = read_document(source, problems)
    if table is None:
        return None
    fields = Fields(table, "A questionnaire", problems, locales)
    item_reader = ItemReader(numbers)
    items, conditions = _items(fields, item_reader)
    opens_fields = fields.fields("opens", "opens") if fields.has("opens") else None
    praises_fields = fields.fields("praises", "praises") if fields.has("praises") else None
    if opens_fields and praises_fields:
        fields.wrong("praises", "What opens a complaint cannot praise as well; remove one of them.")
    some = {*conditions, *(item.id for item in items.values() if item.forms_only)}
    thanks = fields.wording("thanks")
    questionnaire = Questionnaire(
        id=fields.identifier(),
        version=fields.number("version", 1, 100_000),
        audience=fields.one_of("audience", Audience),
        title=fields.wording("title", MAX_TITLE),
        items=tuple(items.values()),
        conditions=conditions,
        intro=fields.wording("intro") if fields.has("intro") else None,
        thanks=thanks,
        schedule=_schedule(fields),
        plan=_plan(fields),
        opens=read_opens(opens_fields, items, some) if opens_fields else None,
        praises=read_praises(praises_fields, items, some) if praises_fields else None,
    )
    if questionnaire.opens:
        _check_number(fields, thanks)
    fields.finish()
    if len(problems) > before:
        return None
    return Definition(
        questionnaire, source, tuple(item_reader.leads), fields.line("id"), fields.line("version")
    )


def _items(fields: Fields, reader: ItemReader) -> tuple[dict[str, Item], dict[str, Condition]]:
    """The items by id, in order, and the conditions some of them have."""
    items: dict[str, Item] = {}
    conditions: dict[str, Condition] = {}
    for entry in fields.listed("items", "An item"):
        item = reader.read(entry)
        if entry.has("when") and (when := entry.fields("when", "A condition")):
            condition = read_condition(when, items)
            if condition is not None:
                conditions[item.id] = condition
        if item.id in items:
            entry.wrong("id", f"There is an item {item.id} already; give this one another id.")
        items[item.id] = item
        entry.finish()
    first = next((item for item in items.values() if not item.forms_only), None)
    if items and (first is None or first.id in conditions):
        message = (
            "A conversation has to begin with an item without forms_only and when; put one before the others."
        )
        fields.wrong("items", message)
    return items, conditions


def _schedule(fields: Fields) -> Schedule | None:
    if not fields.has("schedule") or (entry := fields.fields("schedule", "schedule")) is None:
        return None
    after = entry.one_of("after", Trigger)
    if after is Trigger.COLLECTION and entry.has("delay"):
        entry.wrong("delay", "A survey after collection begins when the person joins; remove delay.")
    expires = entry.duration("expires")
    remind = entry.duration("remind") if entry.has("remind") else None
    if remind is not None and remind >= expires:
        entry.wrong("remind", "remind has to come before expires; make it shorter.")
    usual_delay = timedelta() if after is Trigger.COLLECTION else timedelta(days=1)
    schedule = Schedule(
        after=after,
        delay=entry.duration("delay") if entry.has("delay") else usual_delay,
        window=entry.window("window") if entry.has("window") else (time(9), time(19)),
        remind=remind,
        expires=expires,
    )
    entry.finish()
    return schedule


def _plan(fields: Fields) -> Plan | None:
    if not fields.has("plan") or (entry := fields.fields("plan", "plan")) is None:
        return None
    plan = Plan(aim=entry.word("aim"), sample=entry.word("sample"), dates=entry.word("dates"))
    entry.finish()
    return plan


def _check_number(fields: Fields, thanks: Wording) -> None:
    for locale, words in thanks.by_locale.items():
        if words and "{number}" not in words:
            message = f"thanks in {locale!r} has to give the complaint's number; write {{number}} in it."
            fields.wrong("thanks", message)
