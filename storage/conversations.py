"""Where each person's conversation stands, as one encrypted column."""

import secrets
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import bindparam
from sqlmodel import Session, col, delete, select, update

from bot.dialog.state import State
from storage.documents import document
from storage.prepared import Prepared
from storage.statements import insert_ignore
from storage.tables import Conversation

_STATE = TypeAdapter(State)
_TOKEN_BYTES = 16
_IS_THEIRS = col(Conversation.contact_id) == bindparam("who")
_LOAD = Prepared[tuple[str, bytes]](
    select(Conversation.token, Conversation.state).where(_IS_THEIRS).with_for_update()
)
_SAVE = Prepared[tuple[()]](update(Conversation).where(_IS_THEIRS).values(state=bindparam("new")))


def load(session: Session, contact_id: UUID) -> tuple[str, State]:
    """The token and state of a contact's conversation, begun if there is none.

    On PostgreSQL the row stays locked until the transaction ends: one conversation takes one turn at a time.
    """
    row = _LOAD.first(session, who=contact_id)
    if row is None:
        values = {
            "contact_id": contact_id,
            "token": secrets.token_urlsafe(_TOKEN_BYTES),
            "state": _STATE.dump_json(State()),
        }
        insert_ignore(session, Conversation, values)
        return load(session, contact_id)
    token, state = row
    return token, document(_STATE, state)


def token_of(session: Session, contact_id: UUID) -> str:
    """What the contact's buttons carry; nobody is kept waiting for the conversation."""
    query = select(Conversation.token).where(Conversation.contact_id == contact_id)
    token = session.exec(query).one_or_none()
    return token if token is not None else load(session, contact_id)[0]


def is_begun(session: Session, contact_id: UUID) -> bool:
    """Whether there is a conversation with the contact, so that its token is known without writing."""
    return session.get(Conversation, contact_id) is not None


def save(session: Session, contact_id: UUID, state: State) -> None:
    """Keep the new state; its row is locked since `load`."""
    _SAVE.run(session, who=contact_id, new=_STATE.dump_json(state))


def end(session: Session, contact_id: UUID) -> None:
    """Nothing is open any more, and what buttons were shown are past."""
    session.exec(delete(Conversation).where(col(Conversation.contact_id) == contact_id))
