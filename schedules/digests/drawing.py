"""Drawing charts in processes of their own: in a thread, Matplotlib holds up everything else the bot does."""

import asyncio
import os
import sys

from pydantic import TypeAdapter

from schedules.digests.chart import Chart, draw

_CHART = TypeAdapter(Chart)
_COMMAND = (sys.executable, "-m", __name__)
_PATIENCE_SECONDS = 30.0
_PATIENT = 10


class DrawingFailed(Exception):
    """The process gave no picture; the message is its last line."""


class Apart:
    """Draws one chart after the other, each in a process that ends with it and gives way to all others."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def draw(self, chart: Chart) -> bytes:
        """The chart as PNG, after some seconds. Raises DrawingFailed, or TimeoutError after half a minute."""
        async with self._one, asyncio.timeout(_PATIENCE_SECONDS):
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(
                *_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
            )
            try:
                image, said = await process.communicate(_CHART.dump_json(chart))
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode != 0:
            last = said.decode(errors="replace").strip().rpartition("\n")[2]
            raise DrawingFailed(last or f"it ended with {process.returncode}")
        return image


if __name__ == "__main__":
    os.nice(_PATIENT)
    sys.stdout.buffer.write(draw(_CHART.validate_json(sys.stdin.buffer.read())))
