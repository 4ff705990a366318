"""What a channel is asked to show: rendered words and buttons, with no platform's markup in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Button:
    """One button. `data` comes back verbatim when it is pressed: an opaque id, never personal text."""

    label: str
    data: str
    style: Literal["plain", "primary", "danger"] = "plain"


@dataclass(frozen=True, slots=True)
class Field:
    """A short labelled value on a card; `person` is a platform account to mention instead of `value`."""

    label: str
    value: str
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one contact.

    `text` is plain words: every channel escapes it. `slot` names the place in the chat this message belongs
    to (a survey's current question, a complaint's card): with `replace` the newest message delivered to that
    slot is edited, otherwise a new one is sent and becomes the slot's. `onto` is the platform's reference of
    the message that was pressed: it is edited if it stands later in the chat, since a crash may have left a
    copy that delivery does not know of. With `under` it stands below the newest message delivered to that
    slot, which stands below none itself; without one it stands on its own. `title` and each of `quotes`,
    people's own words, are shown set apart; `has_image` says that the outbox row carries a PNG.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    title: str = ""
    fields: tuple[Field, ...] = ()
    quotes: tuple[str, ...] = ()
    slot: str = ""
    replace: bool = False
    onto: str | None = None
    under: str = ""
    has_image: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """A questionnaire's own words, by locale. Never empty; the first locale is the fallback."""

    by_locale: Mapping[str, str]

    def in_locale(self, locale: str) -> str:
        """The words in `locale`, else in its language, else in the first locale given."""
        words = self.by_locale
        return words.get(locale) or words.get(locale.partition("-")[0]) or next(iter(words.values()))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the interface, by its key in `bot/locales/`, with the values it is filled with."""

    key: str
    values: Mapping[str, str | int | Wording] = field(default_factory=dict)


Text = Phrase | Wording
