"""What the bot says: questionnaires and sentences, loaded and checked at start-up."""

from bot.catalog.calendar import load_calendar
from bot.catalog.contents import Catalog
from bot.catalog.loader import load, spoken
from bot.catalog.problems import DefinitionError
from bot.catalog.replies import Replies, load_replies
from bot.catalog.routing import load_routing

__all__ = [
    "Catalog",
    "DefinitionError",
    "Replies",
    "load",
    "load_calendar",
    "load_replies",
    "load_routing",
    "spoken",
]
