"""How many turns a second on a database that has grown for two years, beside an empty one."""

from collections.abc import Sequence

from benchmarks.figures import Figure, quantile
from benchmarks.large import ANSWERS_EACH
from benchmarks.patients import Patients
from benchmarks.turns import AT_ONCE, apart, our_bot

VISITS, MANY_VISITS = 30_000, 1_000_000
_ROUNDS, _SECONDS = 4, 2.5


async def measure(visits: int = VISITS) -> Sequence[Figure]:
    """Two bots on one processor, by turns: one has an empty database, one the answers of so many visits.

    What drifts while they are measured drifts for both. The old one besides counts 500 hours a minute for
    digests, as after an upgrade.
    """
    async with our_bot("webhook") as (new, newcomers), our_bot("webhook", visits) as (old, regulars):
        with apart(new.pid, old.pid):
            for patients in (newcomers, regulars):
                await patients.come(AT_ONCE, _SECONDS)
                patients.waits.clear()
            seconds = {newcomers: 0.0, regulars: 0.0}
            for _ in range(_ROUNDS):
                for patients in seconds:
                    seconds[patients] += await patients.come(AT_ONCE, _SECONDS)

    def a_second(patients: Patients) -> float:
        return len(patients.waits) / seconds[patients]

    size = f"{visits * ANSWERS_EACH:,} answers, {visits:,} visits"
    share = 100 * a_second(regulars) / a_second(newcomers)
    return [
        Figure("growth: turns on an empty database", a_second(newcomers), "/s"),
        Figure(f"growth: turns with {size}", a_second(regulars), "/s"),
        Figure("growth: share of the empty database's turns", share, "%", 90, least=True),
        Figure("growth: p99 on an empty database", quantile(newcomers.waits, 0.99) * 1000, "ms"),
        Figure(f"growth: p99 with {size}", quantile(regulars.waits, 0.99) * 1000, "ms"),
    ]
