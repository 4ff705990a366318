"""Responses as they may come: when they were asked for, what was said and how they ended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from sqlmodel import Session
from uuid_utils.compat import uuid7

from bot.dialog.effect import Ending
from bot.dialog.event import Due
from storage import contacts, responses
from storage.tables import ContactKind, FollowUp, FollowUpStatus, Visit

START = datetime(2026, 11, 16, 6, tzinfo=UTC)
HOURS = 5


@dataclass(frozen=True, slots=True)
class Life:
    """A response from the moment it was asked for. Without a visit nobody was asked."""

    survey: str
    has_visit: bool
    site: str | None
    asked_at: datetime
    ended_at: datetime
    ending: Ending
    answers: dict[str, int | str]

    def __call__(self, session: Session) -> None:
        """Live it."""
        visit_id = self._asked(session) if self.has_visit else None
        patient = contacts.find_or_add(session, "telegram", "1001", ContactKind.PERSON, "en", START)
        response = uuid7()
        responses.start(
            session,
            response,
            questionnaire=self.survey,
            version=1,
            contact_id=patient.id,
            visit_id=visit_id,
            site=self.site,
            channel="telegram",
            locale="en",
            now=self.asked_at,
        )
        for item, value in self.answers.items():
            is_words = item == "comment"
            responses.record_answer(session, response, item, value, self.ended_at, is_words=is_words)
        if self.ending is not Ending.IN_PROGRESS:
            responses.end(session, response, self.ending, self.ended_at)

    def _asked(self, session: Session) -> UUID:
        by_follow_up = self.survey == "after_results"
        collected_at = self.asked_at - timedelta(days=2 if by_follow_up else 0)
        visit = Visit(
            order_hash=uuid7().bytes,
            site="North",
            collected_at=collected_at,
            link_made_at=collected_at,
            token_hash=uuid7().bytes,
        )
        session.add(visit)
        session.flush()
        if by_follow_up:
            asking = FollowUp(
                visit_id=visit.id,
                questionnaire=self.survey,
                due=Due.ASK,
                due_at=self.asked_at,
                status=FollowUpStatus.DONE,
                done_at=self.asked_at,
            )
            session.add(asking)
            session.flush()
        return visit.id


def moments(most_hours: int = HOURS) -> st.SearchStrategy[datetime]:
    """Rather on and beside the borders of hours than between them."""
    beside = st.sampled_from([timedelta(), timedelta.resolution, -timedelta.resolution])
    quarters = st.integers(0, 4 * most_hours).map(lambda n: timedelta(minutes=15 * n))
    return st.builds(lambda quarter, off: START + quarter + off, quarters, beside)


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "comfort": st.integers(1, 5),
        "on_time": st.sampled_from(["yes", "no"]),
        "recommend": st.integers(8, 10),
        "comment": st.just("Thank you"),
    },
)
LIVES = st.builds(
    lambda asked_at, lasted, **rest: Life(asked_at=asked_at, ended_at=asked_at + lasted, **rest),
    asked_at=moments(),
    lasted=st.sampled_from([timedelta(), timedelta(minutes=7), timedelta(minutes=50), timedelta(hours=2)]),
    survey=st.sampled_from(["after_collection", "after_results", "complaint"]),
    has_visit=st.booleans(),
    site=st.sampled_from(["North", "South", None]),
    ending=st.sampled_from([Ending.COMPLETED] * 4 + [Ending.STOPPED, Ending.IN_PROGRESS]),
    answers=ANSWERS,
)
