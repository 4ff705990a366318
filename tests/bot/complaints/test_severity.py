"""Severity: consequence times recurrence, and what it calls for."""

import pytest

from bot.complaints.severity import Band, band, recurrence, severity
from bot.complaints.terms import Consequence, Recurrence


def test_the_matrix_is_the_product_of_its_sides() -> None:
    table = [[severity(one, other) for other in Recurrence] for one in Consequence]
    assert table == [[1, 2, 3], [2, 4, 6], [3, 6, 9]]


@pytest.mark.parametrize(
    ("consequence", "often", "expected"),
    [
        (Consequence.MINOR, Recurrence.OFTEN, Band.LOW),
        (Consequence.SERIOUS, Recurrence.FIRST, Band.MEDIUM),
        (Consequence.MODERATE, Recurrence.AGAIN, Band.MEDIUM),
        (Consequence.SERIOUS, Recurrence.AGAIN, Band.MEDIUM),
        (Consequence.SERIOUS, Recurrence.OFTEN, Band.HIGH),
    ],
)
def test_the_band_follows_the_figure(consequence: Consequence, often: Recurrence, expected: Band) -> None:
    assert band(consequence, often, safety=False) is expected


@pytest.mark.parametrize("consequence", Consequence)
@pytest.mark.parametrize("often", Recurrence)
def test_safety_is_high_whatever_the_figure(consequence: Consequence, often: Recurrence) -> None:
    assert band(consequence, often, safety=True) is Band.HIGH


@pytest.mark.parametrize(
    ("like_it", "expected"),
    [
        (0, Recurrence.FIRST),
        (1, Recurrence.AGAIN),
        (2, Recurrence.AGAIN),
        (3, Recurrence.OFTEN),
        (99, Recurrence.OFTEN),
    ],
)
def test_what_comes_three_times_a_year_comes_often(like_it: int, expected: Recurrence) -> None:
    assert recurrence(like_it) is expected
