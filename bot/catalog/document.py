"""YAML read into a small tree that knows its line numbers; what a definition has no need of is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import yaml
from yaml import events

from bot.catalog.problems import Problems

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12
MAX_NODES = 20_000
_FASTEST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
EMPTY = "The file is empty; begin with a key and its value."
_QUOTED = 80


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word, number or sentence, as written: `yes` and `no` are words here, not truth values."""

    line: int
    text: str
    plain: bool

    @property
    def empty(self) -> bool:
        """Whether nothing was written."""
        return not self.text.strip() or (self.plain and self.text in {"~", "null"})


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    line: int
    entries: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Keys with their values, in the order written."""

    line: int
    entries: dict[str, "Node"]
    key_lines: dict[str, int]


Node = Leaf | Listing | Table


class _Refused(Exception):
    """Reading on makes no sense."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_text(path: Path, problems: Problems) -> str:
    """What the file says, "" with the reason among `problems`; at most one byte too many is ever read."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problems.at(line, "These are not UTF-8 characters; save the file as UTF-8.")
        return ""
    if not text:
        problems.at(1, EMPTY)
    return text


def read_document(source: str, problems: Problems) -> Table | None:
    """The tree of `source`, or None with the reason among `problems`.

    Time and memory are bounded by MAX_BYTES, MAX_DEPTH and MAX_NODES: the text is read event by event and
    left at the first anchor, alias, tag or excess, so nothing is ever expanded.
    """
    if len(source.encode(errors="surrogatepass")) > MAX_BYTES:
        problems.at(1, f"The file is larger than {MAX_BYTES // 1024} KiB; make it smaller.")
        return None
    try:
        return _Builder(_events(source), problems).document()
    except _Refused as refused:
        problems.at(refused.line, refused.message)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        problem = str(error.problem or error.context)
        problems.at(line, f"This is not valid YAML: {problem[:_QUOTED]}.")
    except (ValueError, OverflowError):
        problems.at(1, "An escape or a directive holds a number that is too large; write it plainly.")
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        problems.at(line, f"The character U+{ord(source[error.position]):04X} cannot be used; remove it.")
    return None


def _events(source: str) -> Iterator[events.Event]:
    """What the text consists of, read by libyaml where PyYAML has it, in a fifth of the time.

    What that does not take is read on by the parser in Python, whose errors tell people more.
    """
    read = 0
    try:
        for event in yaml.parse(source, Loader=_FASTEST):
            yield event
            read += 1
    except (yaml.YAMLError, ValueError, OverflowError):
        yield from islice(yaml.parse(source, Loader=yaml.SafeLoader), read, None)


class _Builder:
    """Turns parser events into nodes."""

    def __init__(self, stream: Iterator[events.Event], problems: Problems) -> None:
        self._stream = stream
        self._problems = problems
        self._nodes = 0

    def document(self) -> Table:
        """The one document of the stream."""
        next(self._stream)  # StreamStart
        if isinstance(next(self._stream), events.StreamEndEvent):
            raise _Refused(1, EMPTY)
        root = self._node(next(self._stream), depth=1)
        next(self._stream)  # DocumentEnd
        end = next(self._stream)
        if not isinstance(end, events.StreamEndEvent):
            raise _Refused(_line(end), "A second document begins here; give it a file of its own.")
        if not isinstance(root, Table):
            raise _Refused(root.line, "A file is written as keys and values; begin with a key.")
        return root

    def _node(self, event: events.Event, depth: int) -> Node:
        line = _line(event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _Refused(line, f"There are more than {MAX_NODES} values; leave some out.")
        if depth > MAX_DEPTH:
            raise _Refused(line, f"This is nested more than {MAX_DEPTH} levels deep; write it flatter.")
        if isinstance(event, events.AliasEvent):
            raise _Refused(
                line, f"The alias *{str(event.anchor)[:_QUOTED]} is not allowed; write the words out."
            )
        if (anchor := getattr(event, "anchor", None)) is not None:
            raise _Refused(line, f"The anchor &{anchor[:_QUOTED]} is not allowed; remove it.")
        if (tag := getattr(event, "tag", None)) is not None:
            raise _Refused(line, f"The tag {tag[:_QUOTED]} is not allowed; remove it.")
        if isinstance(event, events.ScalarEvent):
            return Leaf(line, event.value, plain=not event.style)
        if isinstance(event, events.SequenceStartEvent):
            return Listing(line, tuple(self._listed(depth)))
        return self._table(line, depth)

    def _listed(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._stream), events.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _table(self, line: int, depth: int) -> Table:
        table = Table(line, {}, {})
        while not isinstance(event := next(self._stream), events.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._stream), depth + 1)
            if not isinstance(key, Leaf):
                raise _Refused(key.line, "A key has to be one word.")
            if key.text in table.entries:
                first = table.key_lines[key.text]
                name = key.text[:_QUOTED]
                self._problems.at(key.line, f"{name} is given on line {first} already; keep one of them.")
                continue
            table.entries[key.text] = value
            table.key_lines[key.text] = key.line
        return table


def _line(event: events.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1
