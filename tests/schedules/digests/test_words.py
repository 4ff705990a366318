from datetime import time

import pytest

from bot.catalog import Catalog, load
from schedules.digests.words import End, ShowNow, Subscribe, Unclear, Wish, understand
from storage.tables import Period


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


EIGHT = time(8)
MONDAY, FRIDAY = 0, 4


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("", ShowNow()),
        ("  ", ShowNow()),
        ("now", ShowNow()),
        ("off", End()),
        ("Stop", End()),
        ("daily 08:00", Subscribe(Period.DAY, None, EIGHT, None)),
        ("weekly monday 08:00", Subscribe(Period.WEEK, MONDAY, EIGHT, None)),
        ("Weekly on Monday at 8:00", Subscribe(Period.WEEK, MONDAY, EIGHT, None)),
        ("weekly 08:00 monday", Subscribe(Period.WEEK, MONDAY, EIGHT, None)),
        ("weekly fri 17:30", Subscribe(Period.WEEK, FRIDAY, time(17, 30), None)),
        ("every friday 7.15", Subscribe(Period.WEEK, FRIDAY, time(7, 15), None)),
        ("weekly", Subscribe(Period.WEEK, MONDAY, EIGHT, None)),
        ("monthly 08:00", Subscribe(Period.MONTH, None, EIGHT, None)),
        ("daily 8am", Subscribe(Period.DAY, None, EIGHT, None)),
        ("daily 12am", Subscribe(Period.DAY, None, time(0), None)),
        ("daily 12:30pm", Subscribe(Period.DAY, None, time(12, 30), None)),
        ("daily 08:00 America/New_York", Subscribe(Period.DAY, None, EIGHT, "America/New_York")),
        ("daily 08:00 europe/madrid", Subscribe(Period.DAY, None, EIGHT, "Europe/Madrid")),
        ("daily 08:00 utc", Subscribe(Period.DAY, None, EIGHT, "UTC")),
    ],
)
def test_words_are_understood(words: str, wish: Wish, catalog: Catalog) -> None:
    assert understand(words, catalog, "en") == wish


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("ahora", ShowNow()),
        ("diario 08:00", Subscribe(Period.DAY, None, EIGHT, None)),
        ("semanal lunes 08:00", Subscribe(Period.WEEK, MONDAY, EIGHT, None)),
        ("cada miércoles a las 8:00", Subscribe(Period.WEEK, 2, EIGHT, None)),
        ("semanal miercoles 8h30", Subscribe(Period.WEEK, 2, time(8, 30), None)),
        ("SEMANAL SÁBADO", Subscribe(Period.WEEK, 5, EIGHT, None)),
        ("mensual 08:00", Subscribe(Period.MONTH, None, EIGHT, None)),
        ("weekly monday 08:00", Subscribe(Period.WEEK, MONDAY, EIGHT, None)),
        ("off", End()),
        ("terminar", End()),
    ],
)
def test_words_are_understood_in_spanish_and_english_alike(words: str, wish: Wish, catalog: Catalog) -> None:
    assert understand(words, catalog, "es") == wish


@pytest.mark.parametrize(
    "words",
    [
        "yearly",
        "daily 25:00",
        "daily 08:60",
        "daily 8",
        "daily 13pm",
        "daily 0am",
        "daily monday 08:00",
        "monthly monday",
        "weekly monday friday",
        "weekly daily",
        "08:00",
        "weekly 08:00 09:00",
        "daily 08:00 Mars/Olympus",
        "daily 08:00 ../../etc/passwd",
        "off now",
        "now please",
        "\x00",
        "🙂",
        "lunes 08:00",
    ],
)
def test_everything_else_is_unclear(words: str, catalog: Catalog) -> None:
    assert understand(words, catalog, "en") == Unclear()


def test_a_locale_without_words_of_its_own_understands_english(catalog: Catalog) -> None:
    assert understand("weekly monday 08:00", catalog, "xx") == Subscribe(Period.WEEK, MONDAY, EIGHT, None)
