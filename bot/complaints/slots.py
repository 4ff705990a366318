"""A complaint's place in a chat: its card in a room, what confirms it in its reporter's own chat."""

from uuid import UUID

_PREFIX = "complaint:"


def slot(complaint_id: UUID) -> str:
    """The slot of the messages that show the complaint."""
    return f"{_PREFIX}{complaint_id}"


def complaint_in(slot: str) -> UUID | None:
    """The complaint whose slot this is; None for any other."""
    if not slot.startswith(_PREFIX):
        return None
    try:
        return UUID(slot.removeprefix(_PREFIX))
    except ValueError:
        return None
