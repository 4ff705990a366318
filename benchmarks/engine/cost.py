"""What a piece of work costs, in seconds and in processor time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter

import psutil  # type: ignore[import-untyped]

from tests.stage.postgres import Postgres


@dataclass(slots=True)
class Cost:
    """Seconds passed, and seconds of processor: this process's and the server's."""

    passed: float = 0
    own: float = 0
    server: float = 0

    def each(self, number: int) -> str:
        parts = (self.own, self.server, self.own + self.server)
        own, server, together = (f"{1000 * part / number:.2f}" for part in parts)
        return f"{number / self.passed:.0f}/s; processor {own} + {server} = {together} ms each"


@contextmanager
def spent(server: Postgres) -> Iterator[Cost]:
    """What the block costs; other work on the machine lengthens `passed` more than the rest."""

    def now() -> tuple[float, float, float]:
        info = server.server.get_postmaster_info()
        postmaster = psutil.Process(info.pid)
        ended = postmaster.cpu_times()
        living = [sum(one.cpu_times()[:2]) for one in postmaster.children()]
        return perf_counter(), sum(psutil.Process().cpu_times()[:2]), sum(ended) + sum(living)

    cost, before = Cost(), now()
    yield cost
    cost.passed, cost.own, cost.server = (after - then for after, then in zip(now(), before, strict=True))
