from math import isclose

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schedules.digests.intervals import Share, net_share, newcombe, shared, wilson

_counts = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
_shares = _counts.map(lambda one: Share(*one))


# Newcombe RG (1998), Stat Med 17:857-872, Table I, method 3.
@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    found = wilson(successes, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


# Newcombe RG (1998), Stat Med 17:873-890, Table II, method 10.
@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_the_published_intervals(
    now: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    found = newcombe(Share(*now), Share(*before))
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_the_score_follows_its_formula() -> None:
    # By hand: 8 and 14 of 36 become 8.75/39 and 14.75/39; their difference is -6/39.
    more, less = 8.75 / 39, 14.75 / 39
    reach = 1.959964 * ((more + less - (more - less) ** 2) / 39) ** 0.5
    found = net_share(8, 14, 36)
    assert isclose(found.value, -6 / 36)
    assert isclose(found.low, -6 / 39 - reach, abs_tol=1e-6)
    assert isclose(found.high, -6 / 39 + reach, abs_tol=1e-6)


@given(_counts)
def test_a_share_lies_in_its_interval_and_that_between_0_and_1(counts: tuple[int, int]) -> None:
    found = wilson(*counts)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(_counts)
def test_counting_the_opposite_mirrors_the_interval(counts: tuple[int, int]) -> None:
    successes, n = counts
    one, other = wilson(successes, n), wilson(n - successes, n)
    assert isclose(one.low, 1 - other.high, abs_tol=1e-9)
    assert isclose(one.high, 1 - other.low, abs_tol=1e-9)


@given(_counts, st.integers(2, 20))
def test_more_answers_make_a_narrower_interval(counts: tuple[int, int], times: int) -> None:
    successes, n = counts
    few, many = wilson(successes, n), wilson(successes * times, n * times)
    assert many.high - many.low < few.high - few.low


@given(_shares, _shares)
def test_a_difference_lies_in_its_interval_and_that_between_minus_1_and_1(now: Share, before: Share) -> None:
    found = newcombe(now, before)
    assert -1 - 1e-9 <= found.low <= found.value <= found.high <= 1 + 1e-9


@given(_shares, _shares)
def test_going_back_is_the_change_reversed(now: Share, before: Share) -> None:
    there, back = newcombe(now, before), newcombe(before, now)
    assert isclose(there.low, -back.high, abs_tol=1e-9)


@given(_shares)
def test_the_same_figures_are_never_a_change(share: Share) -> None:
    assert not newcombe(share, share).excludes_zero


@given(st.integers(1, 500), st.data())
def test_a_score_lies_in_its_interval(n: int, data: st.DataObject) -> None:
    promoting = data.draw(st.integers(0, n))
    detracting = data.draw(st.integers(0, n - promoting))
    found = net_share(promoting, detracting, n)
    assert -1 <= found.low <= found.value <= found.high <= 1


@given(_shares, _shares, st.integers(2, 30))
def test_what_is_clear_among_many_comparisons_is_clear_alone(now: Share, before: Share, many: int) -> None:
    assume(newcombe(now, before, shared(0.95, many)).excludes_zero)
    assert newcombe(now, before).excludes_zero


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (3, 2), (-1, 5), (0, 0)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(successes, n)


def test_impossible_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="no shares"):
        net_share(6, 6, 11)
