"""PostgreSQL for what is measured with several replicas."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from subprocess import SubprocessError

from tests.stage.postgres import Postgres, postgres


@contextmanager
def a_server() -> Iterator[Postgres | None]:
    """A server that waits for the disk at every commit; None, and a word why, where none starts."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(postgres())
        except (ImportError, OSError, RuntimeError, SubprocessError) as error:
            print(f"  left out: PostgreSQL does not start here: {type(error).__name__}: {error}")
            yield None
        else:
            yield running
