"""A complaint in words, as people read it on screen and on paper; every field is shown, empty ones too."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.cli.register.speech import NOTHING, Speech
from bot.cli.register.steps import Step, step
from bot.complaints.severity import factor
from storage.register import Entry, Planned


@dataclass(frozen=True, slots=True)
class Row:
    """A field. `verbatim` are somebody's own words."""

    label: str
    value: str
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A complaint in words: at a glance, field by field, and step by step."""

    number: str
    title: str
    received: str
    category: str
    severity: str
    department: str
    status: str
    sections: tuple[Section, ...]
    history: tuple[Step, ...]


class Wording(Speech):
    """Puts complaints into words."""

    __slots__ = ()

    def tell(self, entry: Entry) -> Told:
        """All that is known of a complaint."""
        return Told(
            number=entry.number,
            title=self.say(
                "card.title", number=entry.number, category=self.say(f"category.{entry.category}")
            ),
            received=self.at(entry.received_at),
            category=self.say(f"category.{entry.category}"),
            severity=str(entry.severity),
            department=self.say(f"department.{entry.department}"),
            status=self.say(f"status.{entry.status}"),
            sections=(
                self._section("received", *self._received(entry)),
                self._section("assessed", *self._assessed(entry)),
                self._section("handled", *self._handled(entry)),
                self._section("found", *self._found(entry)),
                self._section("ended", *self._ended(entry)),
            ),
            history=tuple(step(self, line) for line in entry.history),
        )

    def _section(self, name: str, *rows: Row) -> Section:
        return Section(self.say(f"register.section.{name}"), rows)

    def _row(self, name: str, *parts: object, verbatim: bool = False) -> Row:
        """A field whose value has several parts, as when, by whom and how; without any it is shown empty."""
        shown = " · ".join(str(part) for part in parts if part)
        return Row(self.say(f"register.{name}"), shown or NOTHING, verbatim and bool(shown))

    def _yes_no(self, value: bool | None) -> str:
        return "" if value is None else self.say("register.yes" if value else "register.no")

    def _received(self, entry: Entry) -> Iterator[Row]:
        yield self._row("received", self.at(entry.received_at))
        yield self._row("channel", self.say(f"channel.{entry.channel}"))
        yield self._row("entered_by", entry.entered_by)
        anonymous = self.say("card.anonymous") if entry.anonymous else ""
        yield self._row("complainant", self.say(f"complainant.{entry.complainant}"), anonymous)
        yield self._row("confidential", self._yes_no(entry.confidential))
        if entry.reporter is not None:
            yield self._row("name", entry.reporter.name, verbatim=True)
            yield self._row("phone", entry.reporter.phone, verbatim=True)
            yield self._row("account", entry.reporter.account)
        yield self._row("best_time", entry.best_time and self.say(f"best_time.{entry.best_time}"))
        yield self._row("may_contact", self._yes_no(entry.may_contact))
        yield self._row("words", entry.words, verbatim=True)
        yield self._row("need", entry.need, verbatim=True)

    def _assessed(self, entry: Entry) -> Iterator[Row]:
        yield self._row("category", self.say(f"category.{entry.category}"))
        yield self._row("phase", self.say(f"phase.{entry.phase}"))
        yield self._row("site", entry.site)
        yield self._row("department", self.say(f"department.{entry.department}"))
        yield self._row("order", entry.order)
        rule = self.say(
            "card.severity.rule",
            severity=entry.severity,
            consequence=self.say(f"consequence.{entry.consequence}"),
            by_consequence=factor(entry.consequence),
            recurrence=self.say(f"recurrence.{entry.recurrence}"),
            by_recurrence=factor(entry.recurrence),
        )
        yield self._row("severity", rule)
        yield self._row("safety", self._yes_no(entry.safety))

    def _handled(self, entry: Entry) -> Iterator[Row]:
        yield self._row("status", self.say(f"status.{entry.status}"))
        clock = entry.clock and self.say(f"clock.{entry.clock}") if entry.due_at else ""
        yield self._row("due", self.at(entry.due_at), clock)
        how = entry.acknowledged_how and self.say(f"means.{entry.acknowledged_how}")
        yield self._row("acknowledged", self.at(entry.acknowledged_at), entry.acknowledged_by, how)
        yield self._row("waiting", self.at(entry.waiting_since))
        yield self._row("reopened", self.at(entry.reopened_at))

    def _found(self, entry: Entry) -> Iterator[Row]:
        yield self._row("ours", self._yes_no(entry.ours))
        yield self._row("ours_why", entry.ours_why, verbatim=True)
        yield self._row("evidence", entry.evidence, verbatim=True)
        yield self._row(
            "substantiated", entry.substantiated and self.say(f"substantiated.{entry.substantiated}")
        )
        yield self._row("involved", ", ".join(entry.involved))
        yield self._row("investigator", entry.investigator)
        yield self._row("approved", entry.approver, self.at(entry.approved_at))
        yield self._row("impartiality", entry.impartiality, verbatim=True)
        told = (
            "\n".join(filter(None, (f"{self.at(one.at)} · {one.by or NOTHING}", one.words)))
            for one in entry.progress
        )
        yield self._row("progress", "\n".join(told), verbatim=True)
        yield self._row("cause", entry.cause and self.say(f"cause.{entry.cause}"))
        yield self._row("correction", entry.correction, verbatim=True)
        planned = "\n".join(self._planned(one) for one in entry.measures)
        yield self._row("measures", planned, verbatim=True)

    def _planned(self, measure: Planned) -> str:
        done = (
            self.say("register.measure.done", at=self.at(measure.done_at))
            if measure.done_at
            else self.say("register.measure.open")
        )
        kind, due = self.say(f"measure.{measure.kind}"), str(measure.due_on)
        head = self.say("register.measure", kind=kind, due=due, done=done)
        return f"{head} · {measure.owner or NOTHING}\n{measure.words}"

    def _ended(self, entry: Entry) -> Iterator[Row]:
        yield self._row("outcome", entry.outcome, verbatim=True)
        how = entry.communicated_how and self.say(f"means.{entry.communicated_how}")
        yield self._row("communicated", self.at(entry.communicated_at), entry.communicated_by, how)
        yield self._row("not_communicated_why", entry.not_communicated_why, verbatim=True)
        yield self._row("resolved", self.at(entry.resolved_at))
        yield self._row("closed", self.at(entry.closed_at))
        yield self._row(
            "rating", entry.rating and self.say(f"rating.{entry.rating}"), self.at(entry.rated_at)
        )
        review = self.say("register.review.due", at=str(entry.review_on)) if entry.review_on else ""
        yield self._row("review", review, self.at(entry.reviewed_at), entry.reviewed_by)
        yield self._row("effective", entry.effective and self.say(f"effective.{entry.effective}"))
        yield self._row("response", entry.response)
        yield self._row("merged_into", entry.merged_into)
        yield self._row("repeats", ", ".join(entry.repeats))
