"""A stand-in for Slack that speaks its Web API, Socket Mode and Events API."""

from sandbox.faults import Call, Fault, Faults, Hang, ResetAfter, ResetBefore, Status
from sandbox.slack.delivery import Acked, NotAcked, Outcome, Timings
from sandbox.slack.person import SlackPerson
from sandbox.slack.rooms import Room, RoomMessage
from sandbox.slack.sandbox import SlackSandbox
from sandbox.slack.views import View

__all__ = [
    "Acked",
    "Call",
    "Fault",
    "Faults",
    "Hang",
    "NotAcked",
    "Outcome",
    "ResetAfter",
    "ResetBefore",
    "Room",
    "RoomMessage",
    "SlackPerson",
    "SlackSandbox",
    "Status",
    "Timings",
    "View",
]
