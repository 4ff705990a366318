"""The web server: health, the enrolment page, and the endpoints of the other handlers behind one guard."""

from handlers.web.app import build_app
from handlers.web.health import Check, Part, database_part, outbox_part
from handlers.web.openapi import FORM, JSON, PAGE, WORDS, Answer, Endpoint, Key, Trouble
from handlers.web.serving import serve

__all__ = [
    "FORM",
    "JSON",
    "PAGE",
    "WORDS",
    "Answer",
    "Check",
    "Endpoint",
    "Key",
    "Part",
    "Trouble",
    "build_app",
    "database_part",
    "outbox_part",
    "serve",
]
