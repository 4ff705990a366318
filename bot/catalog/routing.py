"""The laboratory's routing file: who hears of what, read once at start-up."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from bot.catalog.document import Leaf, read_document, read_text
from bot.catalog.fields import Fields
from bot.catalog.problems import DefinitionError, Problems, did_you_mean
from bot.complaints.routing import DEPARTMENT_OF, Routing
from bot.complaints.terms import Category, Department

SAFETY_WORDS = Path(__file__).parent / "safety_words.yaml"
MAX_PHRASE = 80

_ROOM = re.compile(r"[CG][A-Z0-9]{2,20}")
_PERSON = re.compile(r"[UW][A-Z0-9]{2,20}")
_A_ROOM = "the id of a Slack room, such as C0123456789"
_A_PERSON = "the id of a member in Slack, such as U0123456789"


def load_routing(path: Path | None, locales: Collection[str]) -> Routing:
    """What the file at `path` says; without one, no rooms, and the words for safety that come with the bot.

    `locales` are those spoken. DefinitionError lists every problem.
    """
    problems = Problems(str(path or SAFETY_WORDS))
    words = tuple(_shipped(locales))
    if path is None:
        return Routing(safety_words=words)
    try:
        source = read_text(path, problems)
    except OSError as error:
        raise DefinitionError([f"{path}:1: The file cannot be read: {error.strerror}."]) from None
    table = read_document(source, problems) if source else None
    routing = _routing(Fields(table, "A routing file", problems, locales), words) if table else None
    if routing is None or len(problems):
        raise DefinitionError(problems.lines)
    return routing


def _shipped(locales: Collection[str]) -> Iterator[str]:
    problems = Problems(str(SAFETY_WORDS))
    table = read_document(read_text(SAFETY_WORDS, problems), problems)
    if table is not None:
        yield from _words(Fields(table, "The list of words for safety", problems, locales))
    if len(problems):
        raise DefinitionError(problems.lines)


def _routing(fields: Fields, words: tuple[str, ...]) -> Routing:
    departments: dict[Category, Department] = {}
    rooms: dict[Department, str] = {}
    heads: dict[Department, str] = {}
    if fields.has("departments") and (every := fields.fields("departments", "departments")):
        for department in Department:
            if every.has(department) and (one := every.fields(department, "A department")):
                if one.has("room") and (room := _address(one, "room", _ROOM, _A_ROOM)):
                    rooms[department] = room
                if one.has("head") and (head := _address(one, "head", _PERSON, _A_PERSON)):
                    heads[department] = head
                for category in _categories(one, departments):
                    departments[category] = department
                one.finish()
        every.finish()
    on_call = _on_call(fields) if fields.has("on_call") else None
    kudos, kudos_at = _kudos(fields)
    if fields.has("safety_words") and (more := fields.fields("safety_words", "safety_words")):
        words = tuple(dict.fromkeys((*words, *_words(more))))
    fields.finish()
    return Routing({**DEPARTMENT_OF, **departments}, rooms, heads, on_call, kudos, kudos_at, words)


def _categories(fields: Fields, taken: dict[Category, Department]) -> Iterator[Category]:
    """The categories listed; each belongs to one department alone."""
    known = [category.value for category in Category]
    for node in fields.entries("categories") if fields.has("categories") else ():
        word = node.text if isinstance(node, Leaf) else ""
        if word not in known:
            hint = did_you_mean(word, known)
            fields.problems.at(node.line, f"categories has {word[:64]!r}, which is none; {hint}")
        elif (other := taken.get(Category(word))) is not None:
            message = f"{word} goes to {other} already; name it in one department alone."
            fields.problems.at(node.line, message)
        else:
            yield Category(word)


def _on_call(fields: Fields) -> str | None:
    form = re.compile(f"{_ROOM.pattern}|{_PERSON.pattern}")
    return _address(fields, "on_call", form, f"{_A_ROOM}, or {_A_PERSON}") or None


def _kudos(fields: Fields) -> tuple[str | None, dict[str, str]]:
    """The room for praise, and those of sites that have one of their own."""
    if not fields.has("kudos") or (kudos := fields.fields("kudos", "kudos")) is None:
        return None, {}
    room = _address(kudos, "room", _ROOM, _A_ROOM) if kudos.has("room") else ""
    at: dict[str, str] = {}
    if kudos.has("sites") and (sites := kudos.fields("sites", "sites")):
        at = {site: _address(sites, site, _ROOM, _A_ROOM) for site in sites.table.entries}
    kudos.finish()
    return room or None, at


def _address(fields: Fields, key: str, form: re.Pattern[str], meaning: str) -> str:
    """An address in Slack; "" stands in."""
    word = fields.word(key)
    if not word or form.fullmatch(word):
        return word
    fields.wrong(key, f"{key} {word[:64]!r} has to be {meaning}.")
    return ""


def _words(fields: Fields) -> Iterator[str]:
    """The words and phrases listed by language."""
    for locale in fields.locales or ():
        for node in fields.entries(locale) if fields.has(locale) else ():
            word = " ".join(node.text.split()) if isinstance(node, Leaf) else ""
            if not re.search(r"\w", word) or len(word) > MAX_PHRASE:
                message = f"A word for safety has a letter in it and at most {MAX_PHRASE} characters."
                fields.problems.at(node.line, message)
            else:
                yield word
    fields.finish()
