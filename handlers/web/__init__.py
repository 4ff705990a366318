"""The web server: health, the enrolment page, and the endpoints of the other handlers behind one guard."""

from handlers.web.app import build_app
from handlers.web.health import Check, Part, database_part, outbox_part
from handlers.web.serving import serve

__all__ = ["Check", "Part", "build_app", "database_part", "outbox_part", "serve"]
