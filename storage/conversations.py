"""Where each person's conversation stands, as one encrypted column."""

import secrets
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session, col, delete, select

from bot.dialog.state import State
from storage.documents import document
from storage.statements import insert_ignore
from storage.tables import Conversation

_STATE = TypeAdapter(State)
_TOKEN_BYTES = 16


def load(session: Session, contact_id: UUID) -> tuple[str, State]:
    """The token and state of a contact's conversation, begun if there is none.

    On PostgreSQL the row stays locked until the transaction ends: one conversation takes one turn at a time.
    """
    query = select(Conversation).where(Conversation.contact_id == contact_id).with_for_update()
    row = session.exec(query).one_or_none()
    if row is None:
        values = {
            "contact_id": contact_id,
            "token": secrets.token_urlsafe(_TOKEN_BYTES),
            "state": _STATE.dump_json(State()),
        }
        insert_ignore(session, Conversation, values)
        row = session.exec(query).one()
    return row.token, document(_STATE, row.state)


def save(session: Session, contact_id: UUID, state: State) -> None:
    """Keep the new state; its row is locked since `load`."""
    row = session.get_one(Conversation, contact_id)
    row.state = _STATE.dump_json(state)


def end(session: Session, contact_id: UUID) -> None:
    """Nothing is open any more, and what buttons were shown are past."""
    session.exec(delete(Conversation).where(col(Conversation.contact_id) == contact_id))
