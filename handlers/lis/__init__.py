"""What the laboratory information system tells us: a sample was collected, results were delivered."""

from handlers.lis.routes import lis_routes

__all__ = ["lis_routes"]
