"""Signs of life, by which a part that hangs is told from one at rest."""

from collections.abc import Callable, Hashable, Sequence
from time import monotonic


class Pulse:
    """What a part has under way. Each such thing is silent once it has not beaten for `seconds`.

    `time` is in seconds and knows nothing of the time of day.
    """

    def __init__(self, seconds: float, time: Callable[[], float] = monotonic) -> None:
        self.time = time
        self._seconds = seconds
        self._silent_at: dict[Hashable, float] = {}

    def beat(self, what: Hashable = None, *, rest: float = 0) -> None:
        """`what` is under way and lives; `rest` is how much longer than usual the next sign may take."""
        self._silent_at[what] = self.time() + self._seconds + rest

    def done(self, what: Hashable = None) -> None:
        """`what` has ended, or waits for nothing: no sign of life is expected of it."""
        self._silent_at.pop(what, None)

    def silent(self) -> Sequence[Hashable]:
        """What is under way and shows no sign of life."""
        now = self.time()
        return [what for what, at in self._silent_at.items() if at <= now]

    def forgive(self, seconds: float) -> None:
        """For so long nothing could show a sign of life."""
        for what in self._silent_at:
            self._silent_at[what] += seconds
