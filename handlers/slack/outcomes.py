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
_MEND_TRIAGE = "check SLACK_TRIAGE_ROOM, and invite the app to that room"
_MEND_WAIT = 300.0


def error_code(error: Exception) -> str:
    """Slack's own word for what went wrong, else the kind of error."""
    if not isinstance(error, SlackApiError):
        return type(error).__name__
    data = getattr(error.response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return str(code) if code else f"HTTP {_status(error)}"


def outcome_of(error: Exception, *, to_triage: bool = False) -> RetryAfter | Undeliverable:
    """Whether to try again, and when. Trouble with our credentials never condemns the one written to.

    Nor is the triage room ever gone: what is wrong with it is a setting, and complaints wait for its mending.
    """
    code = error_code(error)
    if not isinstance(error, SlackApiError) or _status(error) >= 500 or code in _OUTAGES:
        return RetryAfter(f"Slack cannot be reached ({code})", whole_channel=True)
    if code == "ratelimited" or _status(error) == 429:
        return RetryAfter("ratelimited", seconds=_asked_wait(error))
    if code in _CREDENTIALS:
        return RetryAfter(f"Slack refuses SLACK_BOT_TOKEN ({code})", whole_channel=True)
    if code in _MENDABLE:
        return RetryAfter(f"{code}: {_MENDABLE[code]}", seconds=_MEND_WAIT)
    if to_triage and code in _GONE:
        return RetryAfter(f"{code}: {_MEND_TRIAGE}", seconds=_MEND_WAIT)
    return Undeliverable(code, gone=code in _GONE)


def _status(error: SlackApiError) -> int:
    """The HTTP status: of a parsed answer or, where its body could not be read, of the raw one."""
    for name in ("status_code", "status"):
        status = getattr(error.response, name, None)
        if isinstance(status, int):
            return status
    return 0


def _asked_wait(error: SlackApiError) -> float | None:
    headers = getattr(error.response, "headers", {})
    try:
        return float(headers.get("Retry-After", ""))
    except ValueError:
        return None
