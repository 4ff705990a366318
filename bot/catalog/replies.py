"""The reply templates: what staff may begin with when they write to a reporter, and how to say it well."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from bot.catalog.document import Leaf, read_document, read_text
from bot.catalog.fields import Fields
from bot.catalog.phrases import fill, placeholders
from bot.catalog.problems import DefinitionError, Problems, did_you_mean
from bot.complaints.lifecycle import Action
from bot.complaints.terms import Category
from bot.dialog.message import Wording

REPLIES = Path(__file__).parents[1] / "replies.yaml"
MAX_TITLE = 75
"""Slack shows no more of what can be chosen from a list."""

ANSWERING = (Action.ASK, Action.REPLY, Action.PROGRESS, Action.RESOLVE, Action.DECLINE)
"""The steps with words for the reporter."""

_KNOWN = frozenset({"number", "lab"})
_Chosen = TypeVar("_Chosen", bound=StrEnum)
_BLANK = re.compile(r"\[[^\[\]\n]{1,60}\]")


@dataclass(frozen=True, slots=True)
class Reply:
    """One template. Without `about` it suits every category; what stands in brackets has to be filled in."""

    id: str
    steps: frozenset[Action]
    about: frozenset[Category]
    title: Wording
    words: Wording
    tone: Wording


class Replies:
    """Every template, in the order of the file."""

    def __init__(self, every: Collection[Reply]) -> None:
        self._by_id = {one.id: one for one in every}
        self._blanks = frozenset(
            blank
            for one in every
            for words in one.words.by_locale.values()
            for blank in _BLANK.findall(words)
        )

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Reply]:
        return iter(self._by_id.values())

    def suitable(self, action: Action, category: Category) -> tuple[Reply, ...]:
        """The templates for a step on a complaint of this category, those written for the category first."""
        found = [
            one
            for one in self._by_id.values()
            if action in one.steps and (not one.about or category in one.about)
        ]
        return tuple(sorted(found, key=lambda one: not one.about))

    def find(self, reply_id: str) -> Reply | None:
        """The template with this id."""
        return self._by_id.get(reply_id)

    def filled(self, reply: Reply, locale: str, values: Mapping[str, str]) -> str:
        """The words of a template in the reporter's language."""
        return fill(reply.words.in_locale(locale), values)

    def left_blank(self, words: str) -> str | None:
        """The first blank of a template that still stands in `words`."""
        return next((blank for blank in _BLANK.findall(words) if blank in self._blanks), None)


def load_replies(path: Path | None, locales: Collection[str]) -> Replies:
    """The templates in the file at `path`, or ours; DefinitionError lists every problem.

    `locales` are those every template must be worded in.
    """
    file = path or REPLIES
    problems = Problems(str(file))
    try:
        source = read_text(file, problems)
    except OSError as error:
        raise DefinitionError([f"{file}:1: The file cannot be read: {error.strerror}."]) from None
    table = read_document(source, problems) if source else None
    every: dict[str, Reply] = {}
    if table is not None:
        fields = Fields(table, "A file of replies", problems, locales)
        for entry in fields.listed("replies", "A reply"):
            reply = _reply(entry)
            if reply.id in every:
                entry.wrong("id", f"There is a reply {reply.id} already; give this one another id.")
            every[reply.id] = reply
        fields.finish()
    if len(problems):
        raise DefinitionError(problems.lines)
    return Replies(every.values())


def _reply(entry: Fields) -> Reply:
    words = entry.wording("words")
    for said in words.by_locale.values():
        for name in sorted(placeholders(said) - _KNOWN):
            entry.wrong("words", f"words holds {{{name}}}; only {{number}} and {{lab}} are filled in.")
    reply = Reply(
        id=entry.identifier(),
        steps=_several(entry, "for", ANSWERING),
        about=_several(entry, "about", tuple(Category)) if entry.has("about") else frozenset(),
        title=entry.wording("title", MAX_TITLE),
        words=words,
        tone=entry.wording("tone", 200),
    )
    entry.finish()
    return reply


def _several(entry: Fields, key: str, names: Collection[_Chosen]) -> frozenset[_Chosen]:
    by_name = {one.value: one for one in names}
    chosen = set()
    for node in entry.entries(key):
        word = node.text if isinstance(node, Leaf) else ""
        if word in by_name:
            chosen.add(by_name[word])
        else:
            entry.problems.at(node.line, f"{key} {word[:64]!r} is not known; {did_you_mean(word, by_name)}")
    return frozenset(chosen)
