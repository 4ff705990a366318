"""Slack, both directions: requests become events, messages become Block Kit."""

from handlers.slack.app import SlackHandler, build
from handlers.slack.channel import SlackChannel
from handlers.slack.http import SlackEndpoint
from handlers.slack.socket import SocketRunner

__all__ = ["SlackChannel", "SlackEndpoint", "SlackHandler", "SocketRunner", "build"]
