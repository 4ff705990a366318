from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.catalog import Catalog, load
from bot.complaints.terms import Category, Consequence, Phase
from schedules.digests.findings import Comments, Complaints, Favourable, Recommend, Responses, Sites
from schedules.digests.indicators import (
    INDICATORS,
    Evidence,
    asked_of,
    comments,
    complaints,
    favourable,
    find,
    recommend,
    responses,
    sites,
)
from schedules.digests.intervals import Share
from storage.digests import Asked, Counted, Figures, Overdue, SiteTally, Tally, Uptake

ASKED = Asked("visit", by_follow_up=False, rated={"waiting": 4, "result": ("yes",)}, comments=("comment",))
NOTHING = Figures((Uptake("visit", 0, 0, 0),), (), (), 0, 0, {}, {})


def waiting(good: int, bad: int) -> tuple[Tally, ...]:
    return (Tally("visit", "waiting", 5, good), Tally("visit", "waiting", 3, bad))


def scores(promoting: int, between: int, detracting: int) -> tuple[Tally, ...]:
    values = ((10, promoting), (8, between), (6, detracting))
    return tuple(Tally("visit", "recommend", value, count) for value, count in values)


def evidence(
    now: Figures = NOTHING,
    before: Figures = NOTHING,
    words: tuple[tuple[str, str], ...] = (),
    overdue: tuple[Overdue, ...] = (),
) -> Evidence:
    return Evidence((ASKED,), Counted(now, before, overdue, words), "[removed]")


def item(found: Evidence, name: str) -> Favourable:
    return next(one for one in favourable(found) if one.item == name)


def tallied(*tallies: Tally) -> Figures:
    return replace(NOTHING, tallies=tallies)


def with_sites(*tallies: SiteTally) -> Figures:
    return replace(NOTHING, sites=tallies)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load()


def test_surveys_are_the_questionnaires_with_a_schedule(catalog: Catalog) -> None:
    asked = {one.survey: one for one in asked_of(catalog.questionnaires.values())}
    assert set(asked) == {"after_collection", "after_results"}
    assert not asked["after_collection"].by_follow_up
    assert asked["after_results"].by_follow_up


def test_rated_items_are_those_with_a_favourable_answer_and_not_the_score(catalog: Catalog) -> None:
    asked = {one.survey: one for one in asked_of(catalog.questionnaires.values())}
    assert set(asked["after_collection"].rated) == {"comfort", "courtesy", "privacy", "waiting", "clarity"}
    assert set(asked["after_results"].rated) == {"on_time", "understood", "will_follow_up"}


def test_every_indicator_is_found_in_the_order_of_the_table() -> None:
    assert [type(one) for one in find(evidence())] == [Responses, Favourable, Favourable, Complaints]
    assert len(INDICATORS) == 6


def test_favourable_answers_are_those_at_or_above_the_items_threshold() -> None:
    now = tallied(
        Tally("visit", "waiting", 5, 4), Tally("visit", "waiting", 4, 5), Tally("visit", "waiting", 3, 6)
    )
    assert item(evidence(now), "waiting").now == Share(9, 15)


def test_favourable_choices_are_those_the_item_lists() -> None:
    now = tallied(Tally("visit", "result", "yes", 12), Tally("visit", "result", "no", 3))
    assert item(evidence(now), "result").now == Share(12, 15)


def test_ten_answers_are_not_shown_and_eleven_are() -> None:
    assert item(evidence(tallied(*waiting(8, 2))), "waiting").now is None
    assert item(evidence(tallied(*waiting(8, 3))), "waiting").now == Share(8, 11)


def test_a_change_needs_enough_answers_in_both_periods() -> None:
    found = evidence(tallied(*waiting(40, 10)), tallied(*waiting(8, 2)))
    assert item(found, "waiting").change is None


def test_a_large_change_is_clear() -> None:
    change = item(evidence(tallied(*waiting(30, 30)), tallied(*waiting(55, 5))), "waiting").change
    assert change is not None
    assert (change.direction, round(change.value, 2)) == ("down", -0.42)


def test_a_change_that_chance_explains_is_none() -> None:
    change = item(evidence(tallied(*waiting(30, 30)), tallied(*waiting(33, 27))), "waiting").change
    assert change is not None
    assert change.direction == "none"


def test_the_more_items_are_compared_the_more_a_change_has_to_show() -> None:
    now, before = waiting(38, 22), waiting(48, 12)  # alone, 95 % excludes nought: -31 to -0.6 points
    alone = item(evidence(tallied(*now), tallied(*before)), "waiting")
    others = (Tally("visit", "result", "yes", 30), *scores(20, 10, 10))
    among_others = item(evidence(tallied(*now, *others), tallied(*before, *others)), "waiting")
    assert alone.change is not None
    assert alone.change.clear
    assert among_others.change is not None
    assert not among_others.change.clear


def test_the_score_is_those_at_9_or_10_minus_those_up_to_6() -> None:
    [found] = recommend(evidence(tallied(*scores(12, 4, 4))))
    assert found.now is not None
    assert found.now.value == pytest.approx(0.4)
    assert found.now.low < 0.4 < found.now.high
    assert found.change is None


def test_a_fallen_score_is_a_clear_change() -> None:
    [found] = recommend(evidence(tallied(*scores(10, 10, 40)), tallied(*scores(40, 10, 10))))
    assert found.change is not None
    assert found.change.direction == "down"
    assert found.change.value == pytest.approx(-1.0)


def test_the_score_of_ten_people_is_not_shown() -> None:
    [found] = recommend(evidence(tallied(*scores(6, 2, 2))))
    assert found == Recommend("visit", None, None, None)


def test_a_survey_that_asks_for_no_score_has_none() -> None:
    assert list(recommend(evidence(tallied(*waiting(20, 20))))) == []


def test_the_rate_is_those_who_answered_among_those_invited() -> None:
    now = replace(NOTHING, uptake=(Uptake("visit", 80, 40, 43),))
    before = replace(NOTHING, uptake=(Uptake("visit", 60, 45, 41),))
    [found] = responses(evidence(now, before))
    assert found == Responses("visit", 80, 43, few=False, rate=0.5, rate_before=0.75)


def test_one_to_ten_responses_have_neither_number_nor_rate() -> None:
    [found] = responses(evidence(replace(NOTHING, uptake=(Uptake("visit", 80, 9, 10),))))
    assert found == Responses("visit", 80, None, few=True, rate=None, rate_before=None)


def test_nobody_invited_makes_no_rate() -> None:
    [found] = responses(evidence())
    assert found == Responses("visit", 0, 0, few=False, rate=None, rate_before=None)


def test_complaints_are_taken_as_counted() -> None:
    late = Overdue("C-1", Consequence.SERIOUS, datetime(2026, 11, 1, tzinfo=UTC))
    now = replace(NOTHING, opened=3, closed=2, by_category={Category.IT: 3}, by_phase={Phase.GENERAL: 3})
    [found] = complaints(evidence(now, replace(NOTHING, opened=5, closed=4), overdue=(late,)))
    assert found == Complaints(3, 5, 2, 4, (late,), {Category.IT: 3}, {Phase.GENERAL: 3})


def test_a_site_of_its_own_is_not_compared() -> None:
    assert list(sites(evidence(with_sites(SiteTally("Central", 40, 20))))) == []


def test_a_site_with_few_people_takes_the_next_with_it() -> None:
    now = with_sites(SiteTally("A", 5, 5), SiteTally("B", 30, 20), SiteTally("C", 40, 30))
    [found] = sites(evidence(now))
    assert {site.name for site in found.sites if site.favourable} == {"C"}


def test_two_sites_of_which_one_is_small_are_both_hidden() -> None:
    [found] = sites(evidence(with_sites(SiteTally("A", 5, 5), SiteTally("B", 30, 20))))
    assert found == Sites(found.sites)
    assert not any(site.favourable or site.against for site in found.sites)


def test_the_best_site_comes_first() -> None:
    now = with_sites(SiteTally("A", 40, 10), SiteTally("B", 40, 30), SiteTally("C", 0, 0))
    [found] = sites(evidence(now))
    assert [site.name for site in found.sites] == ["B", "A", "C"]


def test_a_site_stands_apart_only_when_chance_does_not_explain_it() -> None:
    now = with_sites(SiteTally("A", 40, 10), SiteTally("B", 40, 30), SiteTally("C", 40, 29))
    [found] = sites(evidence(now))
    assert [site.against.direction for site in found.sites if site.name == "A" and site.against] == ["down"]
    alike = with_sites(SiteTally("A", 40, 27), SiteTally("B", 40, 30))
    [found] = sites(evidence(alike))
    assert {site.against.direction for site in found.sites if site.against} == {"none"}


ENOUGH = replace(NOTHING, uptake=(Uptake("visit", 30, 11, 11),))


def test_comments_are_redacted_and_the_newest_three_are_shown() -> None:
    words = tuple(("visit", text) for text in ("Call 555 123 4567", "two", "three", "four"))
    assert list(comments(evidence(ENOUGH, words=words))) == [Comments(("Call [removed]", "two", "three"))]


def test_comments_of_ten_people_are_not_shown() -> None:
    now = replace(NOTHING, uptake=(Uptake("visit", 30, 10, 10),))
    assert list(comments(evidence(now, words=(("visit", "Thank you"),)))) == []


def test_a_survey_with_few_responses_lends_no_comment_to_another() -> None:
    now = replace(NOTHING, uptake=(Uptake("visit", 30, 20, 20), Uptake("results", 30, 3, 3)))
    found = Evidence((ASKED,), Counted(now, now, (), (("results", "mine"), ("visit", "ours"))), "-")
    assert list(comments(found)) == [Comments(("ours",))]


def test_a_comment_that_is_nothing_but_personal_data_is_passed_over() -> None:
    words = (("visit", "555 123 4567."), ("visit", "Good"))
    assert list(comments(evidence(ENOUGH, words=words))) == [Comments(("Good",))]


def test_a_long_comment_is_cut_between_words() -> None:
    [found] = comments(evidence(ENOUGH, words=(("visit", "waiting " * 100),)))
    assert len(found.quotes[0]) <= 221
    assert found.quotes[0].endswith("waiting…")


def test_a_comment_is_shown_on_one_line() -> None:
    assert list(comments(evidence(ENOUGH, words=(("visit", "a\n\n b"),)))) == [Comments(("a b",))]
