"""What is wrong with content, told so that its author can mend it: `file:line: what is wrong, what to do`."""

import difflib
from collections.abc import Iterable, Sequence


class DefinitionError(Exception):
    """A questionnaire or a locale cannot be used. `problems` has one line for each thing to mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Problems:
    """The problems of one file, in the order of its lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[tuple[int, str], None] = {}

    def __len__(self) -> int:
        return len(self._found)

    def at(self, line: int, message: str) -> None:
        """Note that `line` (from 1) needs mending; saying the same twice counts once."""
        self._found[line, message] = None

    @property
    def lines(self) -> tuple[str, ...]:
        """Every problem as `file:line: message`."""
        ordered = sorted(self._found, key=lambda problem: problem[0])
        return tuple(f"{self.file}:{line}: {message}" for line, message in ordered)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint to add to a message about an unknown `word`: the nearest of `known`, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(word[:64], names, n=1)
    return f"did you mean {near[0]}?" if near else f"use one of {', '.join(names)}."
