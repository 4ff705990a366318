"""The indicators: what is counted becomes what a digest may say. Pure; one function each, one table."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bot.dialog.answer import Colleague, FreeText, OneChoice, Reference, Scale
from bot.dialog.questionnaire import Questionnaire
from bot.dialog.schedule import Trigger
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
from schedules.digests.intervals import CONFIDENCE, Estimate, Share, difference, net_share, newcombe, shared
from schedules.digests.personal import redact
from schedules.digests.suppression import SMALLEST_SHOWN, hidden, too_small
from storage.digests import Asked, Counted, Figures

RECOMMEND = "recommend"
COMMENTS_SHOWN = 3
# More are read than shown: some are nothing but personal data, some from groups too small.
COMMENTS_READ = 8 * COMMENTS_SHOWN
_LONGEST_QUOTE = 220


@dataclass(frozen=True, slots=True)
class Evidence:
    """All an indicator may look at. `removed` is put where personal data was."""

    asked: tuple[Asked, ...]
    counted: Counted
    removed: str

    @property
    def now(self) -> Figures:
        """What was counted in the digest's period."""
        return self.counted.now

    @property
    def before(self) -> Figures:
        """What was counted in the period before."""
        return self.counted.before


def asked_of(questionnaires: Iterable[Questionnaire]) -> tuple[Asked, ...]:
    """What to count of the questionnaires that are surveys, that is, have a schedule; in their order.

    The item `recommend`, a scale from 0 to 10, is not rated like the others: it has a score of its own.
    """
    return tuple(
        Asked(
            survey=one.id,
            by_follow_up=one.schedule.after is not Trigger.COLLECTION,
            rated={
                item.id: item.favourable
                for item in one.items
                if (isinstance(item, Scale) and item.id != RECOMMEND)
                or (isinstance(item, OneChoice) and item.favourable)
            },
            comments=tuple(
                item.id
                for item in one.items
                if isinstance(item, FreeText) and not isinstance(item, Reference | Colleague)
            ),
        )
        for one in questionnaires
        if one.schedule is not None
    )


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Everything the indicators make of the evidence, in the order of the table."""
    return tuple(finding for indicator in INDICATORS for finding in indicator(evidence))


def responses(evidence: Evidence) -> Iterator[Responses]:
    """Responses and response rate, for each survey."""
    for now, before in zip(evidence.now.uptake, evidence.before.uptake, strict=True):
        yield Responses(
            survey=now.survey,
            invited=now.invited,
            responses=None if too_small(now.responses) else now.responses,
            few=too_small(now.responses),
            rate=_rate(now.answered, now.invited),
            rate_before=_rate(before.answered, before.invited),
        )


def favourable(evidence: Evidence) -> Iterator[Favourable]:
    """Each item's share of favourable answers, with its change."""
    confidence = shared(CONFIDENCE, _comparisons(evidence))
    for asked in evidence.asked:
        for item in asked.rated:
            now, before = (_share(figures, asked, item) for figures in (evidence.now, evidence.before))
            change = _change(newcombe(now, before, confidence)) if now and before else None
            yield Favourable(asked.survey, item, now, before, change)


def recommend(evidence: Evidence) -> Iterator[Recommend]:
    """The recommend score of each survey that asks for it, with its change."""
    confidence = shared(CONFIDENCE, _comparisons(evidence))
    for asked in evidence.asked:
        if not any(
            tally.item == RECOMMEND and tally.survey == asked.survey
            for tally in (*evidence.now.tallies, *evidence.before.tallies)
        ):
            continue
        now, before = (_score(figures, asked, CONFIDENCE) for figures in (evidence.now, evidence.before))
        wide = [_score(figures, asked, confidence) for figures in (evidence.now, evidence.before)]
        change = _change(difference(wide[0], wide[1])) if wide[0] and wide[1] else None
        yield Recommend(asked.survey, now, before, change)


def complaints(evidence: Evidence) -> Iterator[Complaints]:
    """Complaints opened, closed and overdue, by category and phase."""
    now, before = evidence.now, evidence.before
    yield Complaints(
        opened=now.opened,
        opened_before=before.opened,
        closed=now.closed,
        closed_before=before.closed,
        overdue=evidence.counted.overdue,
        by_category=now.by_category,
        by_phase=now.by_phase,
    )


def sites(evidence: Evidence) -> Iterator[Sites]:
    """Sites compared by the people who were favourable on everything they rated after their collection.

    People, not answers, are counted: one person's answers resemble each other, and counting each would make
    the intervals too narrow. A site that has to be hidden takes others with it (suppression.hidden).
    """
    tallies = evidence.now.sites
    if len(tallies) < 2:
        return
    kept_back = hidden({one.site: one.responses for one in tallies})
    shown = [one for one in tallies if one.responses and one.site not in kept_back]
    confidence = shared(CONFIDENCE, len(shown))
    everybody, content = sum(one.responses for one in tallies), sum(one.favourable for one in tallies)
    compared = [Site(one.site, None, None) for one in tallies if one not in shown]
    for one in shown:
        here = Share(one.favourable, one.responses)
        others = everybody - one.responses
        against = (
            _change(newcombe(here, Share(content - one.favourable, others), confidence))
            if others >= SMALLEST_SHOWN
            else None
        )
        compared.append(Site(one.site, here, against))
    yield Sites(
        tuple(sorted(compared, key=lambda site: -site.favourable.estimate.value if site.favourable else 1))
    )


def comments(evidence: Evidence) -> Iterator[Comments]:
    """The newest comments of surveys at least 11 people responded to: among fewer, a voice can be told."""
    enough = {one.survey for one in evidence.now.uptake if one.responses >= SMALLEST_SHOWN}
    redacted = [
        _shortened(redact(words, evidence.removed))
        for survey, words in evidence.counted.words
        if survey in enough
    ]
    telling = [words for words in redacted if words.replace(evidence.removed, "").strip(" .,;:!?-…")]
    if telling:
        yield Comments(tuple(telling[:COMMENTS_SHOWN]))


INDICATORS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    responses,
    favourable,
    recommend,
    complaints,
    sites,
    comments,
)


def _share(figures: Figures, asked: Asked, item: str) -> Share | None:
    """The item's share of favourable answers; None below 11 answers."""
    rule = asked.rated[item]
    tallies = [one for one in figures.tallies if one.survey == asked.survey and one.item == item]
    n = sum(one.count for one in tallies)
    good = sum(
        one.count
        for one in tallies
        if (
            one.value in rule if isinstance(rule, tuple) else isinstance(one.value, int) and one.value >= rule
        )
    )
    return Share(good, n) if n >= SMALLEST_SHOWN else None


def _score(figures: Figures, asked: Asked, confidence: float) -> Estimate | None:
    """The survey's recommend score; None below 11 answers."""
    tallies = [
        (one.value, one.count)
        for one in figures.tallies
        if one.survey == asked.survey and one.item == RECOMMEND and isinstance(one.value, int)
    ]
    n = sum(count for _, count in tallies)
    if n < SMALLEST_SHOWN:
        return None
    promoting = sum(count for value, count in tallies if value >= 9)
    detracting = sum(count for value, count in tallies if value <= 6)
    return net_share(promoting, detracting, n, confidence)


def _comparisons(evidence: Evidence) -> int:
    """How many changes between the periods this digest judges."""
    items = sum(
        1
        for asked in evidence.asked
        for item in asked.rated
        if _share(evidence.now, asked, item) and _share(evidence.before, asked, item)
    )
    scores = sum(
        1
        for asked in evidence.asked
        if _score(evidence.now, asked, CONFIDENCE) and _score(evidence.before, asked, CONFIDENCE)
    )
    return items + scores


def _change(estimate: Estimate) -> Change:
    return Change(estimate.value, estimate.excludes_zero)


def _rate(answered: int, invited: int) -> float | None:
    return None if too_small(answered) or invited == 0 else answered / invited


def _shortened(words: str) -> str:
    """One line of at most _LONGEST_QUOTE characters, cut between words where possible."""
    line = " ".join(words.split())
    if len(line) <= _LONGEST_QUOTE:
        return line
    cut = line[:_LONGEST_QUOTE]
    return cut.rpartition(" ")[0].rstrip(" ,.;:") + "…" if " " in cut[-40:] else cut + "…"
