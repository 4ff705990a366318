from hypothesis import given
from hypothesis import strategies as st

from schedules.digests.suppression import hidden, too_small

_sizes = st.dictionaries(st.text(max_size=3), st.integers(0, 60), max_size=8)


def test_groups_of_1_to_10_are_too_small() -> None:
    assert [n for n in range(13) if too_small(n)] == list(range(1, 11))


def test_nothing_is_hidden_when_every_group_is_large_enough() -> None:
    assert hidden({"a": 11, "b": 40, "c": 0}) == frozenset()


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    assert hidden({"a": 4, "b": 40, "c": 25}) == {"a", "c"}


def test_two_small_groups_take_a_third_while_together_they_are_fewer_than_11() -> None:
    assert hidden({"a": 4, "b": 5, "c": 25, "d": 40}) == {"a", "b", "c"}


def test_small_groups_that_are_11_together_hide_each_other() -> None:
    assert hidden({"a": 5, "b": 6, "c": 25}) == {"a", "b"}


def test_a_group_of_nobody_hides_no_one() -> None:
    assert hidden({"a": 4, "b": 0, "c": 25, "d": 40}) == {"a", "c"}


@given(_sizes)
def test_no_shown_group_is_small(sizes: dict[str, int]) -> None:
    assert not any(too_small(n) for key, n in sizes.items() if key not in hidden(sizes))


@given(_sizes)
def test_no_hidden_group_can_be_worked_out_from_the_whole(sizes: dict[str, int]) -> None:
    kept_back = hidden(sizes)
    filled = {key for key, n in sizes.items() if n > 0}
    rest = sum(sizes[key] for key in kept_back)
    assert not kept_back or kept_back == filled or (len(kept_back) > 1 and rest >= 11)


@given(_sizes)
def test_no_more_is_hidden_than_needed(sizes: dict[str, int]) -> None:
    kept_back = hidden(sizes)
    larger = [key for key in kept_back if not too_small(sizes[key])]
    if larger:
        without = kept_back - {max(larger, key=lambda key: sizes[key])}
        assert len(without) < 2 or sum(sizes[key] for key in without) < 11
