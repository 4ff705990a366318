"""The laboratory's own calendar: what it may say, and how it is told what is wrong."""

import re
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from bot.catalog import DefinitionError, load_calendar
from bot.complaints.calendar import Week
from bot.complaints.lifecycle import Clock
from bot.complaints.severity import Band
from bot.complaints.sla import PROMISES, Promise

DOCUMENT = (Path(__file__).parents[3] / "docs" / "complaints.md").read_text(encoding="utf-8")
EXAMPLES = [
    block
    for block in re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    if block.startswith("hours:")
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calendar.yaml"


def problems(file: Path, source: str) -> list[str]:
    file.write_text(source, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(DefinitionError) as caught:
        load_calendar(file)
    return [problem.removeprefix(f"{file}:") for problem in caught.value.problems]


def test_without_a_file_it_is_open_on_workdays() -> None:
    assert load_calendar(None) == (Week(dict.fromkeys(range(5), (time(8), time(18)))), PROMISES)


def test_the_example_in_the_document_can_be_used_and_promises_what_holds_without_it(file: Path) -> None:
    (example,) = EXAMPLES
    file.write_text(example, encoding="utf-8")
    week, promises = load_calendar(file)
    assert promises == PROMISES
    assert sorted(week.hours) == [0, 1, 2, 3, 4, 5]
    assert week.hours[5] == (time(9), time(13))
    assert week.holidays == {date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 6)}


def test_what_a_file_leaves_out_is_as_without_it(file: Path) -> None:
    file.write_text("promises:\n  low:\n    acknowledge: 90m\n", encoding="utf-8")
    week, promises = load_calendar(file)
    assert week == Week()
    assert promises == {
        **PROMISES,
        Band.LOW: {**PROMISES[Band.LOW], Clock.ACKNOWLEDGE: Promise(timedelta(minutes=90))},
    }


HOURS = "two times of one day, the earlier first, such as 09:00-19:00."
PROMISED = "hours or minutes of business time such as 8h or 30m, and at most 2000h"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "1: The file is empty; begin with a key and its value."),
        ("hours: {}", "1: hours has no day on which the laboratory is open; add one."),
        ("hours: 08:00-18:00", "1: hours has to be keys and values, one to a line."),
        ("hours:\n  monday: 18:00-08:00", f"2: monday '18:00-08:00' has to be {HOURS}"),
        ("hours:\n  monday: 22:00-24:00", f"2: monday '22:00-24:00' has to be {HOURS}"),
        ("hours:\n  monday:", "2: monday has to be one value; write it after the colon."),
        (
            "hours:\n  monday: 08:00-18:00\n  tusday: 08:00-18:00",
            "3: hours has no use for 'tusday'; did you mean tuesday?",
        ),
        ("holidays: 2026-12-25", "1: holidays has to be a list with at least one entry."),
        (
            "holidays:\n- 2026-12-25\n- 25.12.2026",
            "3: A holiday is a date such as 2026-12-25, not '25.12.2026'.",
        ),
        ("holidays:\n- 2026-02-30", "2: A holiday is a date such as 2026-12-25, not '2026-02-30'."),
        ("holidays:\n- [2026-02-28]", "2: A holiday is a date such as 2026-12-25, not ''."),
        ("promises:\n  grave: {}", "2: promises has no use for 'grave'; use one of low, medium, high."),
        (
            "promises:\n  low: {answer: 8h}",
            (
                "2: The band low has no use for 'answer'; use one of acknowledge, progress, resolve, "
                "close, wait."
            ),
        ),
        ("promises:\n  low:\n    resolve: 10d", f"3: resolve '10d' has to be {PROMISED}."),
        ("promises:\n  low:\n    resolve: 0h", f"3: resolve '0h' has to be {PROMISED}."),
        ("promises:\n  low:\n    close: 2001h", f"3: close '2001h' has to be {PROMISED}."),
        (
            "promises:\n  low:\n    resolve: 8h round the clock",
            f"3: resolve '8h round the clock' has to be {PROMISED}.",
        ),
        (
            "promises:\n  low:\n    acknowledge: 8 hours",
            f"3: acknowledge '8 hours' has to be {PROMISED}, with round the clock after it if nights count.",
        ),
        ("opening: {}", "1: A calendar file has no use for 'opening'; use one of hours, holidays, promises."),
        ("hours: \udcff", "1: These are not UTF-8 characters; save the file as UTF-8."),
    ],
)
def test_what_is_wrong_is_told_with_its_line(file: Path, source: str, problem: str) -> None:
    assert problems(file, source) == [problem]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=f"{tmp_path}:1: The file cannot be read: Is a directory."):
        load_calendar(tmp_path)
