"""The catalogue: every questionnaire and every sentence, in every language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from bot.catalog.phrases import Phrases, fill, placeholders
from bot.catalog.reader import Definition
from bot.dialog.message import Phrase, Text, Wording
from bot.dialog.questionnaire import Questionnaire
from bot.dialog.schedule import Trigger


class Catalog:
    """All content. Nothing in it changes after it is loaded."""

    def __init__(
        self,
        newest: Mapping[str, Definition],
        kept: Mapping[tuple[str, int], Questionnaire],
        phrases: Phrases,
    ) -> None:
        self._sources = {name: one.source for name, one in newest.items()}
        self._phrases = phrases
        self.questionnaires: Mapping[str, Questionnaire] = MappingProxyType(
            {name: one.questionnaire for name, one in sorted(newest.items())}
        )
        on_file = {(one.id, one.version): one for one in self.questionnaires.values()}
        self._versions = {**kept, **on_file}
        self.locales = phrases.locales

    def newest(self, questionnaire_id: str) -> Questionnaire:
        """The version on file; KeyError if there is no such questionnaire."""
        return self.questionnaires[questionnaire_id]

    def version(self, questionnaire_id: str, version: int) -> Questionnaire:
        """Exactly that version; KeyError if it is neither on file nor kept."""
        return self._versions[questionnaire_id, version]

    def scheduled(self, trigger: Trigger) -> tuple[Questionnaire, ...]:
        """Every questionnaire on file whose schedule counts from `trigger`, by id."""
        return tuple(
            one for one in self.questionnaires.values() if one.schedule and one.schedule.after is trigger
        )

    def source(self, questionnaire_id: str) -> str:
        """The exact YAML text of the version on file; KeyError if there is no such questionnaire."""
        return self._sources[questionnaire_id]

    def locale_for(self, language_code: str | None, default: str) -> str:
        """The locale to speak with someone whose client says `language_code`; `default` if we speak none."""
        code = (language_code or "").replace("_", "-").lower()
        by_code = {locale.lower(): locale for locale in self.locales}
        return by_code.get(code) or by_code.get(code.partition("-")[0]) or default

    def say(self, key: str, locale: str, **values: str | int) -> str:
        """The sentence `key` in `locale`, filled with `values`.

        KeyError naming `key` if there is no such sentence, or it needs a value that is not given.
        """
        words = self._phrases.find(key, locale)
        if missing := placeholders(words) - values.keys():
            raise KeyError(f"{key} needs {', '.join(sorted(missing))}")
        return fill(words, values)

    def key_on(self, channel: str, key: str) -> str:
        """The key of the sentence as `channel` needs it: `key.channel` where there is one, else `key`.

        Channels differ in the commands a sentence may point to.
        """
        own = f"{key}.{channel}"
        return own if self._phrases.knows(own) else key

    def render(self, text: Text, locale: str, **values: str | int) -> str:
        """`text` in `locale`: `values` fill a wording, or are added to those a phrase has."""
        match text:
            case Phrase(key, own):
                return self.say(key, locale, **values, **_in_locale(own, locale))
            case Wording():
                return fill(text.in_locale(locale), values)
            case _:
                assert_never(text)


def _in_locale(values: Mapping[str, str | int | Wording], locale: str) -> dict[str, str | int]:
    return {
        name: value.in_locale(locale) if isinstance(value, Wording) else value
        for name, value in values.items()
    }
