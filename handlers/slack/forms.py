"""A questionnaire whole, in one modal."""

from collections.abc import Mapping
from typing import assert_never

from bot.catalog import Catalog
from bot.dialog.answer import Colleague, FreeText, Item, OneChoice, Reference, Scale
from bot.dialog.message import Wording
from bot.dialog.questionnaire import Questionnaire
from handlers.slack import frames, inputs
from handlers.slack.blocks import Block, section
from handlers.slack.payload import Payload

QUESTIONNAIRE = "questionnaire"


def questionnaire_form(
    questionnaire: Questionnaire,
    catalog: Catalog,
    lab: str,
    locale: str,
    given: Mapping[str, str],
    *,
    home: Mapping[str, object] | None = None,
) -> Block:
    """The whole questionnaire in one modal, filled in with what is `given` by item id.

    `home` is where the person is in App Home, if it is opened from there, see `home_beneath`.
    """
    items: list[Block] = []
    for item in questionnaire.items:
        label = catalog.render(item.text, locale, lab=lab)
        element = _element(item, locale, given.get(item.id, ""))
        optional = not item.required or item.id in questionnaire.conditions
        hint = item.hint.in_locale(locale) if isinstance(item, FreeText) and item.hint else ""
        items.append(inputs.labelled(item.id, label, element, optional=optional, hint=hint))
    intro = [section(catalog.render(questionnaire.intro, locale, lab=lab))] if questionnaire.intro else []
    known: dict[str, object] = {"questionnaire": questionnaire.id, "version": questionnaire.version}
    if home is not None:
        known["home"] = dict(home)
    title = catalog.render(questionnaire.title, locale, lab=lab)
    return frames.form(QUESTIONNAIRE, title, [*intro, *items], known, catalog, locale)


def asked(view: Payload) -> tuple[str, int]:
    """Which version of which questionnaire a modal was; an unknown one has version 0."""
    known = frames.known(view)
    version = known.at("version")
    return known.word("questionnaire"), version if isinstance(version, int) else 0


def home_beneath(view: Payload) -> Payload | None:
    """Where the person is in App Home, if that is what they see once the modal is gone."""
    known = frames.known(view)
    return known.part("home") if "home" in known.body else None


def _element(item: Item, locale: str, given: str) -> Block:
    match item:
        case Scale():
            labels = {item.low: item.low_label, item.high: item.high_label}
            figures = range(item.low, item.high + 1)
            return inputs.choice([(_figure(n, labels.get(n), locale), str(n)) for n in figures], given)
        case OneChoice():
            return inputs.choice(
                [(choice.label.in_locale(locale), choice.id) for choice in item.choices], given
            )
        case Reference():
            return inputs.text(item.max_length, given, multiline=False)
        case Colleague():
            return inputs.person(given)
        case FreeText():
            return inputs.text(item.max_length, given)
        case _:
            assert_never(item)


def _figure(figure: int, label: Wording | None, locale: str) -> str:
    return f"{figure} – {label.in_locale(locale)}" if label else str(figure)
