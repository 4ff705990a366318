from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.catalog import Catalog
from bot.complaints.terms import Category, Consequence, Phase
from bot.dialog.message import Message
from schedules.digests import render
from schedules.digests.digest import Digest
from schedules.digests.findings import (
    Change,
    Comments,
    Complaints,
    Favourable,
    Finding,
    Recommend,
    Responses,
    Site,
    Sites,
)
from schedules.digests.intervals import Estimate, Share
from schedules.digests.recurrence import covered, rolling
from storage.digests import Overdue
from storage.tables import Period

ZONE = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 22, 10, 40, tzinfo=UTC)
NO_COMPLAINTS = Complaints(0, 0, 0, 0, (), {}, {})
RESPONSES = Responses("after_collection", 83, 55, few=False, rate=0.65, rate_before=0.69)
FELL = Favourable("after_collection", "waiting", Share(30, 55), Share(45, 55), Change(-0.27, clear=True))
STAYED = Favourable("after_collection", "comfort", Share(47, 55), Share(46, 55), Change(0.02, clear=False))
RECOMMEND = Recommend(
    "after_collection", Estimate(0.45, 0.25, 0.62), Estimate(0.48, 0.29, 0.64), Change(-0.03, clear=False)
)


def digest(*findings: Finding, period: Period = Period.WEEK) -> Digest:
    window = covered(period, date(2026, 11, 23) if period is not Period.MONTH else date(2026, 11, 1), ZONE)
    return Digest("Riverside Laboratory", period, rolling=False, window=window, zone=ZONE, findings=findings)


def said(told: Digest, catalog: Catalog, locale: str = "en") -> Message:
    return render.message(told, catalog, locale, has_image=False)


def field(message: Message, label: str) -> str:
    return next(one.value.replace("\u00a0", " ") for one in message.fields if one.label == label)


def overdue(count: int) -> Complaints:
    late = tuple(Overdue(f"C-{n}", Consequence.MINOR, NOW) for n in range(1, count + 1))
    return Complaints(8, 6, 5, 4, late, {}, {})


def test_a_clear_change_comes_first(catalog: Catalog) -> None:
    text = said(digest(RESPONSES, STAYED, FELL, NO_COMPLAINTS), catalog).text
    assert text.startswith(
        "▼ Waiting time: 55% of answers were favourable, down from 82%.\n\nNo complaint is"
    )


def test_what_is_not_clear_is_not_called_a_change(catalog: Catalog) -> None:
    message = said(digest(RESPONSES, STAYED, RECOMMEND), catalog)
    assert message.text.startswith("No clear change since the period before.")
    assert field(message, "Comfort") == "85% (74–92), +2, no clear change"


def test_every_item_has_its_share_interval_and_change(catalog: Catalog) -> None:
    message = said(digest(RESPONSES, FELL), catalog)
    assert field(message, "Waiting time") == "55% (42–67), ▼ −27 points, a clear fall"


def test_the_score_is_in_points_with_its_interval(catalog: Catalog) -> None:
    message = said(digest(RESPONSES, RECOMMEND), catalog)
    assert field(message, "Recommend score") == "+45 (+25 to +62), −3, no clear change"


def test_a_clear_change_of_the_score_is_said(catalog: Catalog) -> None:
    score = Recommend(
        "after_collection", Estimate(0.7, 0.5, 0.8), Estimate(0.1, -0.1, 0.3), Change(0.6, clear=True)
    )
    assert "▲ Recommend score: +70, up from +10." in said(digest(RESPONSES, score), catalog).text


def test_responses_come_with_their_rate(catalog: Catalog) -> None:
    assert field(said(digest(RESPONSES), catalog), "Your visit") == (
        "55 responses; 65% of 83 invited have answered (69% the period before)"
    )


def test_an_item_with_too_few_answers_says_so(catalog: Catalog) -> None:
    few = Favourable("after_collection", "privacy", None, None, None)
    assert field(said(digest(RESPONSES, few), catalog), "Privacy") == "not shown (too few answers)"


def test_without_a_period_before_there_is_nothing_to_compare(catalog: Catalog) -> None:
    new = Favourable("after_collection", "comfort", Share(47, 55), None, None)
    message = said(digest(RESPONSES, new), catalog)
    assert message.text.startswith("There is not enough yet from the period before to compare with.")
    assert field(message, "Comfort") == "85% (74–92), nothing to compare with"


def test_no_responses_are_told_kindly_and_without_figures(catalog: Catalog) -> None:
    nobody = Responses("after_collection", 12, 0, few=False, rate=0.0, rate_before=None)
    hidden = Favourable("after_collection", "comfort", None, None, None)
    message = said(digest(nobody, hidden, NO_COMPLAINTS), catalog)
    assert message.text == "No responses came in during this time.\n\nNo complaint is overdue."
    assert [one.label for one in message.fields] == ["Your visit", "Complaints"]
    assert field(message, "Your visit") == "no responses; 12 invited"


def test_few_responses_are_told_without_their_number(catalog: Catalog) -> None:
    few = Responses("after_collection", 12, None, few=True, rate=None, rate_before=0.5)
    message = said(digest(few, Recommend("after_collection", None, None, None)), catalog)
    assert message.text.startswith("Fewer than 11 responses came in.")
    assert [(one.label, one.value) for one in message.fields] == [
        ("Your visit", "fewer than 11 responses, not shown; 12 invited")
    ]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "No complaint is overdue."),
        (1, "⏰ One complaint is overdue: C-1."),
        (2, "⏰ 2 complaints are overdue: C-1, C-2."),
        (6, "⏰ 6 complaints are overdue: C-1, C-2, C-3, C-4 and 2 more."),
    ],
)
def test_what_is_overdue_is_named(count: int, words: str, catalog: Catalog) -> None:
    assert words in said(digest(RESPONSES, overdue(count)), catalog).text


def test_complaints_are_counted_by_category_and_phase(catalog: Catalog) -> None:
    register = Complaints(
        4,
        6,
        5,
        3,
        (),
        {Category.BILLING: 1, Category.TURNAROUND: 3},
        {Phase.GENERAL: 1, Phase.POST_EXAMINATION: 3},
    )
    message = said(digest(RESPONSES, register), catalog)
    assert field(message, "Complaints") == "opened 4 (6 the period before), closed 5 (3), overdue now 0"
    assert field(message, "Opened, by category") == "Turnaround time 3, Billing 1"
    assert field(message, "Opened, by phase") == "After testing 3, Not tied to testing 1"


def test_sites_stand_side_by_side(catalog: Catalog) -> None:
    compared = Sites(
        (
            Site("Central", Share(30, 40), Change(0.2, clear=True)),
            Site("Harbour", Share(20, 40), Change(-0.2, clear=False)),
            Site(None, None, None),
        )
    )
    message = said(digest(RESPONSES, compared), catalog)
    assert field(message, "People pleased with everything, by site") == (
        "Central 75% (60–86) · Harbour 50% (35–65) · Site not known not shown (too few answers)"
    )
    assert "▲ Central did clearly better than the other sites." in message.text
    assert "Harbour did" not in message.text


def test_sites_of_which_none_may_be_shown_are_left_out(catalog: Catalog) -> None:
    message = said(digest(RESPONSES, Sites((Site("A", None, None), Site("B", None, None)))), catalog)
    assert "by site" not in str(message.fields)


def test_people_are_quoted(catalog: Catalog) -> None:
    assert said(digest(RESPONSES, Comments(("One", "Two"))), catalog).quotes == ("One", "Two")


@pytest.mark.parametrize(
    ("period", "title"),
    [
        (Period.DAY, "Daily digest · Sun, Nov 22, 2026"),
        (Period.WEEK, "Weekly digest · Nov 16 – 22, 2026"),
        (Period.MONTH, "Monthly digest · October 2026"),
    ],
)
def test_the_title_has_the_local_dates(period: Period, title: str, catalog: Catalog) -> None:
    assert said(digest(period=period), catalog).title.replace("\u2009", " ") == title


def test_a_digest_asked_for_says_up_to_when(catalog: Catalog) -> None:
    window = rolling(Period.WEEK, NOW, ZONE)
    told = Digest("Riverside Laboratory", Period.WEEK, rolling=True, window=window, zone=ZONE, findings=())
    assert said(told, catalog).title == "Digest of the last 7 days · up to 22 Nov 11:40"


def test_the_digest_speaks_spanish(catalog: Catalog) -> None:
    message = said(digest(RESPONSES, FELL, overdue(1)), catalog, "es")
    assert message.text.replace("\u00a0", " ").startswith(
        "▼ Tiempo de espera: 55 % de respuestas favorables; antes, 82 %.\n\n"
        "⏰ Una queja está fuera de plazo: C-1."
    )


def test_a_language_unknown_to_the_calendar_falls_back(catalog: Catalog) -> None:
    assert said(digest(), catalog, "xx-YY").title.startswith("Weekly digest · Nov")


def test_the_score_is_never_called_by_a_trademark(catalog: Catalog) -> None:
    for locale in catalog.locales:
        told = str(said(digest(RESPONSES, FELL, STAYED, RECOMMEND, overdue(2)), catalog, locale))
        assert "NPS" not in told
        assert "Promoter" not in told


def test_the_chart_has_a_row_for_each_item_that_may_be_shown(catalog: Catalog) -> None:
    hidden = Favourable("after_collection", "privacy", None, None, None)
    drawn = render.chart(digest(RESPONSES, FELL, hidden, STAYED), catalog, "en")
    assert drawn is not None
    assert [(row.heading, row.label, row.figure, row.direction) for row in drawn.rows] == [
        ("", "Waiting time", "55%", "down"),
        ("", "Comfort", "85%", "none"),
    ]
    assert drawn.subtitle.replace("\u2009", " ") == "Riverside Laboratory · Nov 16 – 22, 2026"


def test_the_chart_of_two_surveys_names_them(catalog: Catalog) -> None:
    other = Favourable("after_results", "on_time", Share(30, 40), None, None)
    drawn = render.chart(digest(RESPONSES, FELL, other), catalog, "en")
    assert drawn is not None
    assert [row.heading for row in drawn.rows] == ["Your visit", "Your results"]


def test_there_is_no_chart_of_nothing(catalog: Catalog) -> None:
    hidden = Favourable("after_collection", "privacy", None, None, None)
    assert render.chart(digest(hidden), catalog, "en") is None
