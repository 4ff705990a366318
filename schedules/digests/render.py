"""A digest in a reader's words: a message that reads well on a phone, and what its chart shows."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar, assert_never

from bot.catalog import Catalog
from bot.dialog.message import Field, Message
from schedules.digests.chart import Chart, Row
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
from schedules.digests.suppression import SMALLEST_SHOWN
from schedules.digests.wording import Wording

_NUMBERS_SHOWN = 4

F = TypeVar("F", bound=Finding)
T = TypeVar("T", bound=StrEnum)


def message(digest: Digest, catalog: Catalog, locale: str, *, has_image: bool) -> Message:
    """The digest in words: in the text what matters, in the fields every figure, quoted what people said."""
    words = Wording(catalog, locale)
    fields = [field for finding in digest.findings for field in _fields(finding, digest, words)]
    paragraphs = (_what_changed(digest, words), _what_is_overdue(digest, words), _note(digest, words))
    return Message(
        title=f"{words.title(digest)} · {words.dates(digest)}",
        text="\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        fields=tuple(fields),
        quotes=tuple(quote for one in _all(digest, Comments) for quote in one.quotes),
        has_image=has_image,
    )


def chart(digest: Digest, catalog: Catalog, locale: str) -> Chart | None:
    """What the digest's chart shows, or None when no item has enough answers."""
    words = Wording(catalog, locale)
    items = [one for one in _all(digest, Favourable) if one.now]
    if not items:
        return None
    several = len({one.survey for one in items}) > 1
    return Chart(
        title=words.say("chart.title"),
        subtitle=f"{digest.lab} · {words.dates(digest)}",
        now=words.say("chart.now"),
        before=words.say("chart.before"),
        lowest=words.percent(0),
        highest=words.percent(1),
        rows=tuple(
            Row(
                heading=words.survey(one.survey) if several else "",
                label=words.item(one.survey, one.item),
                figure=words.percent(one.now.estimate.value),
                change=words.change(one.change),
                direction=one.change.direction if one.change else "none",
                now=one.now.estimate,
                before=one.before.estimate if one.before else None,
            )
            for one in items
            if one.now
        ),
        note=words.say("chart.note"),
    )


def _what_changed(digest: Digest, words: Wording) -> str:
    shown = [one for one in _all(digest, Responses) if one.responses]
    if not shown:
        few = any(one.few for one in _all(digest, Responses))
        return words.say("few" if few else "nobody", smallest=SMALLEST_SHOWN)
    lines = [*_clear_changes(digest, words), *_sites_apart(digest, words)]
    changes = [one.change for one in _all(digest, Favourable)] + [
        one.change for one in _all(digest, Recommend)
    ]
    if not any(changes):
        lines.append(words.say("no_comparison"))
    elif not lines:
        lines.append(words.say("no_change"))
    return "\n".join(lines)


def _clear_changes(digest: Digest, words: Wording) -> Iterator[str]:
    for one in _all(digest, Favourable):
        if one.now and one.before and one.change and one.change.clear:
            yield words.say(
                f"changed.{one.change.direction}",
                item=words.item(one.survey, one.item),
                now=words.percent(one.now.estimate.value),
                before=words.percent(one.before.estimate.value),
            )
    for score in _all(digest, Recommend):
        if score.now and score.before and score.change and score.change.clear:
            yield words.say(
                f"recommend.{score.change.direction}",
                now=words.points(score.now.value),
                before=words.points(score.before.value),
            )


def _sites_apart(digest: Digest, words: Wording) -> Iterator[str]:
    for compared in _all(digest, Sites):
        for site in compared.sites:
            if site.against and site.against.clear:
                yield words.say(f"site.{site.against.direction}", site=_name(site, words))


def _what_is_overdue(digest: Digest, words: Wording) -> str:
    lines = []
    for register in _all(digest, Complaints):
        late = register.overdue
        if not late:
            lines.append(words.say("overdue.none"))
            continue
        numbers = ", ".join(one.number for one in late[:_NUMBERS_SHOWN])
        if len(late) > _NUMBERS_SHOWN:
            numbers = words.say("overdue.more", numbers=numbers, more=len(late) - _NUMBERS_SHOWN)
        key = "overdue.one" if len(late) == 1 else "overdue.many"
        lines.append(words.say(key, count=len(late), numbers=numbers))
    return "\n".join(lines)


def _note(digest: Digest, words: Wording) -> str:
    if any(one.now for one in _all(digest, Favourable)):
        return words.say("note", smallest=SMALLEST_SHOWN)
    return ""


def _fields(finding: Finding, digest: Digest, words: Wording) -> Iterator[Field]:
    match finding:
        case Responses():
            yield Field(words.survey(finding.survey), _responses(finding, words))
        case Favourable():
            if _told(digest, finding.survey):
                value = (
                    _figure(words.share(finding.now.estimate), finding.change, words) if finding.now else ""
                )
                yield Field(words.item(finding.survey, finding.item), value or words.say("hidden"))
        case Recommend():
            if _told(digest, finding.survey):
                value = _figure(words.score(finding.now), finding.change, words) if finding.now else ""
                yield Field(words.say("recommend"), value or words.say("hidden"))
        case Complaints():
            yield from _register(finding, words)
        case Sites():
            if any(site.favourable for site in finding.sites):
                listed = " · ".join(_site(site, words) for site in finding.sites)
                yield Field(words.say("sites"), listed)
        case Comments():
            pass
        case _:
            assert_never(finding)


def _responses(finding: Responses, words: Wording) -> str:
    if finding.few:
        return words.say("responses.few", smallest=SMALLEST_SHOWN, invited=words.number(finding.invited))
    if not finding.responses:
        return words.say("responses.none", invited=words.number(finding.invited))
    count = words.number(finding.responses)
    if finding.rate is None:
        return words.say("responses.count", responses=count)
    values = {
        "responses": count,
        "rate": words.percent(finding.rate),
        "invited": words.number(finding.invited),
    }
    if finding.rate_before is None:
        return words.say("responses.rate", **values)
    return words.say("responses.compared", **values, before=words.percent(finding.rate_before))


def _register(finding: Complaints, words: Wording) -> Iterator[Field]:
    counts = words.say(
        "complaints.counts",
        opened=finding.opened,
        opened_before=finding.opened_before,
        closed=finding.closed,
        closed_before=finding.closed_before,
        overdue=len(finding.overdue),
    )
    yield Field(words.say("complaints"), counts)
    if finding.opened:
        yield Field(words.say("by_category"), _counted(finding.by_category, "category", words))
        yield Field(words.say("by_phase"), _counted(finding.by_phase, "phase", words))


def _counted(counts: Mapping[T, int], kind: str, words: Wording) -> str:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0].value))
    return ", ".join(f"{words.term(term, kind)} {count}" for term, count in ordered if count)


def _figure(figure: str, change: Change | None, words: Wording) -> str:
    return f"{figure}, {words.change(change)}"


def _site(site: Site, words: Wording) -> str:
    figure = words.share(site.favourable.estimate) if site.favourable else words.say("hidden")
    return f"{_name(site, words)} {figure}"


def _name(site: Site, words: Wording) -> str:
    return site.name or words.say("site.unknown")


def _told(digest: Digest, survey: str) -> bool:
    """Whether the survey has responses enough for its items to be listed at all."""
    return any(one.survey == survey and one.responses for one in _all(digest, Responses))


def _all(digest: Digest, kind: type[F]) -> list[F]:
    return [one for one in digest.findings if isinstance(one, kind)]
