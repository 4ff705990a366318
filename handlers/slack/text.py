"""Words on their way to and from Slack: escaped, clipped, split, and read back as they were typed."""

import html
import re

ACCOUNT = re.compile(r"[UW][A-Z0-9]{2,20}")
ROOM = re.compile(r"[CDG][A-Z0-9]{2,20}")

_TOKEN = re.compile(r"<([^<>]*)>")


def escaped(text: str) -> str:
    """`text` for a place where Slack reads markup: it can become neither a mention nor a link."""
    return html.escape(text, quote=False)


def mention(account: str) -> str | None:
    """The markup that names a person, or None when `account` is no Slack account."""
    return f"<@{account}>" if ACCOUNT.fullmatch(account) else None


def clipped(text: str, limit: int) -> str:
    """`text` in at most `limit` characters; what is left out is shown by an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def chunks(text: str, limit: int) -> list[str]:
    """`text` in pieces of at most `limit` characters, cut between paragraphs, lines or words if possible."""
    pieces = []
    rest = text.strip()
    while len(rest) > limit:
        cut = max(rest.rfind("\n\n", 1, limit), 0)
        cut = cut or max(rest.rfind("\n", 1, limit), rest.rfind(" ", limit // 2, limit), 0) or limit
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def typed(text: str) -> str:
    """What a person typed, out of Slack's markup: entities decoded, links and mentions in words."""
    return html.unescape(_TOKEN.sub(_in_words, text))


def _in_words(token: re.Match[str]) -> str:
    target, _, label = token[1].partition("|")
    match target[:1]:
        case "@":
            return f"@{label or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return f"@{(label or target[1:].partition('^')[0]).lstrip('@')}"
        case _:
            return target if label in ("", target) else f"{label} ({target})"
