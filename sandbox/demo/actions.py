"""What the page can ask for: every action, its fields and their limits."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

_Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=80)]
_Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=300)]
_Words: TypeAlias = Annotated[str, Field(min_length=1, max_length=5_000)]
_Value: TypeAlias = (
    Annotated[str, Field(max_length=5_000)] | Annotated[list[_Name], Field(max_length=100)] | None
)


class _Action(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class CollectSample(_Action):
    """The laboratory takes a sample of this patient and hands over the link."""

    do: Literal["collect_sample"]
    patient: int


class DeliverResults(_Action):
    """The laboratory delivers the results of this order."""

    do: Literal["deliver_results"]
    order: _Id


class Advance(_Action):
    """Time passes."""

    do: Literal["advance"]
    by: Literal["hour", "day", "week"]


class OpenLink(_Action):
    """The patient opens the link of this order's visit."""

    do: Literal["open_link"]
    patient: int
    order: _Id


class Say(_Action):
    """The patient types."""

    do: Literal["say"]
    patient: int
    text: _Words


class Tap(_Action):
    """The patient presses a button under a message."""

    do: Literal["tap"]
    patient: int
    message: int
    data: _Id


class SendPhoto(_Action):
    """The patient sends a photo."""

    do: Literal["send_photo"]
    patient: int


class SendVoice(_Action):
    """The patient sends a voice note."""

    do: Literal["send_voice"]
    patient: int


class Block(_Action):
    """The patient blocks the bot or lets it write again."""

    do: Literal["block"]
    patient: int
    blocked: bool


class Write(_Action):
    """The colleague writes in a room or in direct messages: words or a slash command."""

    do: Literal["write"]
    colleague: _Id
    room: _Id
    text: _Words
    thread: _Id | None = None


class Click(_Action):
    """The colleague uses a button or a select: on a message, else on the open modal or App Home.

    `values`, by block_id, are what the modal's inputs hold by then.
    """

    do: Literal["click"]
    colleague: _Id
    action: _Name
    room: _Id | None = None
    ts: _Id | None = None
    view: _Id | None = None
    option: _Value = None
    values: Annotated[dict[_Name, _Value], Field(max_length=100)] = {}


class Shortcut(_Action):
    """The colleague takes "Report to lab" from a message's menu."""

    do: Literal["shortcut"]
    colleague: _Id
    room: _Id
    ts: _Id


class OpenHome(_Action):
    """The colleague opens App Home."""

    do: Literal["open_home"]
    colleague: _Id


class Submit(_Action):
    """The colleague fills in the open modal and sends it off; `values` by block_id."""

    do: Literal["submit"]
    colleague: _Id
    view: _Id
    values: Annotated[dict[_Name, _Value], Field(max_length=100)]


class Close(_Action):
    """The colleague closes the open modal."""

    do: Literal["close"]
    colleague: _Id


Action: TypeAlias = (
    CollectSample
    | DeliverResults
    | Advance
    | OpenLink
    | Say
    | Tap
    | SendPhoto
    | SendVoice
    | Block
    | Write
    | Click
    | Shortcut
    | OpenHome
    | Submit
    | Close
)

ACTIONS: TypeAdapter[Action] = TypeAdapter(Annotated[Action, Field(discriminator="do")])
"""Reads one action from JSON; lone surrogates, unknown fields and wrong types are refused."""
