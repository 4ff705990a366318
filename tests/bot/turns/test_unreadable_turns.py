"""What an older or newer version kept and this one cannot read."""

import pytest
from sqlmodel import col, select

from storage import inbox
from storage.database import Session
from storage.tables import Conversation, KeptEvent
from tests.bot.turns.conftest import Laboratory

WORDS = "It hurt a great deal"


def _words_in_an_unknown_state(session: Session) -> None:
    row = session.exec(select(Conversation)).one()
    row.state = b'{"revision": 1, "stack": [{"kind": "running", "words": "%s"}]}' % WORDS.encode()


def _words_in_an_unknown_event(session: Session) -> None:
    first = session.exec(select(KeptEvent).order_by(col(KeptEvent.kept_at))).first()
    assert first is not None
    first.event = b'{"kind": "sung", "words": "%s"}' % WORDS.encode()


async def test_a_state_that_cannot_be_read_is_logged_without_its_words(
    laboratory: Laboratory, caplog: pytest.LogCaptureFixture
) -> None:
    await laboratory.enrol()
    await laboratory.database.run(_words_in_an_unknown_state)
    outcome = await laboratory.say("Hello?")
    assert outcome.notice.startswith("Something went wrong on our side.")
    assert "failed and is kept" in caplog.text
    assert "hurt" not in caplog.text


async def test_words_kept_by_a_version_that_knew_of_no_answers_are_taken(laboratory: Laboratory) -> None:
    await laboratory.start(None)
    event = b'{"event_id": "1", "channel": "telegram", "account": "1001", "text": "Hello?", "kind": "said"}'
    await laboratory.database.run(inbox.keep, "1", event, "Error", laboratory.now, laboratory.now)
    before = len(await laboratory.messages("1001"))
    assert await laboratory.turns.retry_kept() == 1
    assert len(await laboratory.messages("1001")) == before + 1
    assert await laboratory.rows(KeptEvent) == []


async def test_a_kept_event_that_cannot_be_read_holds_up_no_other(
    laboratory: Laboratory, caplog: pytest.LogCaptureFixture
) -> None:
    await laboratory.enrol()
    await laboratory.database.run(_words_in_an_unknown_state)
    await laboratory.say("one")
    laboratory.passes(seconds=1)
    await laboratory.say("two")
    await laboratory.database.run(_words_in_an_unknown_event)
    laboratory.passes(minutes=1)
    assert await laboratory.turns.retry_kept() == 2
    kept = [one for one in await laboratory.rows(KeptEvent) if isinstance(one, KeptEvent)]
    assert {one.attempts for one in kept} == {2}
    assert "hurt" not in caplog.text
