"""What Slack's refusals and outages mean for a message."""

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.channels import RetryAfter, Undeliverable

FAILURES = (SlackApiError, aiohttp.ClientError, TimeoutError, OSError)
"""Everything a call to Slack can fail with that is no fault of ours."""

_OUTAGES = frozenset(
    ("fatal_error", "internal_error", "request_timeout", "service_unavailable", "team_added_to_org")
)
# Our own credentials: nothing is wrong with the one the message is for. account_inactive is among them: Slack
# says it when the app is uninstalled or its bot user deleted.
_CREDENTIALS = frozenset(
    (
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
        "org_login_required",
        "ekm_access_denied",
    )
)
_GONE = frozenset(
    (
        "cannot_dm_bot",
        "channel_not_found",
        "is_archived",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
    )
)
_MENDABLE = {
    "not_in_channel": "invite the app to this room",
    "missing_scope": "install the app again with slack-manifest.yaml",
}
_MEND_ROOM = "check SLACK_TRIAGE_ROOM and ROUTING_FILE, and invite the app to that room"
_MEND_WAIT = 300.0


def error_code(error: Exception) -> str:
    """Slack's own word for what went wrong, else the kind of error."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__
    data = getattr(error.response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return str(code) if code else f"HTTP {_status(error)}"


def explained(error: Exception, token: str) -> str:
    """What is wrong, in words that anybody may read; `token` is the name of the one Slack was asked with."""
    if _is_outage(error):
        return "It cannot be reached."
    if _is_limit(error):
        return "Too many calls at once."
    if error_code(error) in _CREDENTIALS:
        return f"It does not accept {token}."
    return "A call was refused; the log says why."


def needs_mending(error: Exception) -> bool:
    """Whether a message is refused until somebody changes the app or the room."""
    return error_code(error) in _GONE | _MENDABLE.keys()


def outcome_of(error: Exception, *, matters: bool = False) -> RetryAfter | Undeliverable:
    """Whether to try again, and when. Trouble with our credentials never condemns the one written to.

    Nor is an address that `matters` ever gone: what is wrong with it is a setting, and what is for it waits
    until that is mended.
    """
    code = error_code(error)
    if _is_outage(error):
        return RetryAfter(f"Slack cannot be reached ({code})", whole_channel=True)
    if _is_limit(error):
        return RetryAfter("ratelimited", seconds=_asked_wait(error))
    if code in _CREDENTIALS:
        return RetryAfter(f"Slack refuses SLACK_BOT_TOKEN ({code})", whole_channel=True)
    if code in _MENDABLE:
        return RetryAfter(f"{code}: {_MENDABLE[code]}", seconds=_MEND_WAIT)
    if matters and code in _GONE:
        return RetryAfter(f"{code}: {_MEND_ROOM}", seconds=_MEND_WAIT)
    return Undeliverable(code, gone=code in _GONE)


def _is_outage(error: Exception) -> bool:
    return not isinstance(error, SlackApiError) or _status(error) >= 500 or error_code(error) in _OUTAGES


def _is_limit(error: Exception) -> bool:
    return error_code(error) == "ratelimited" or _status(error) == 429


def _status(error: Exception) -> int:
    """The HTTP status: of a parsed answer or, where its body could not be read, of the raw one."""
    response = getattr(error, "response", None)
    for name in ("status_code", "status"):
        status = getattr(response, name, None)
        if isinstance(status, int):
            return status
    return 0


def _asked_wait(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", {})
    try:
        return float(headers.get("Retry-After", ""))
    except ValueError:
        return None
