"""The web server: health, metrics, the enrolment page, and the other handlers' endpoints behind one guard."""

from handlers.web.app import build_app
from handlers.web.health import Check, Part, database_part, looking_at, outbox_part
from handlers.web.metrics import Metrics, MetricsPage
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
    "Metrics",
    "MetricsPage",
    "Part",
    "Trouble",
    "build_app",
    "database_part",
    "looking_at",
    "outbox_part",
    "serve",
]
