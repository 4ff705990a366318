import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from subprocess import run

from schedules.digests.chart import Chart, Row, draw
from schedules.digests.intervals import Estimate

ROW = Row("", "Comfort", "85%", "+2, no clear change", "none", Estimate(0.85, 0.74, 0.92), None)
CHART = Chart("Favourable answers", "Riverside", "now", "before", "0%", "100%", (ROW,), "A note.")


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_the_chart_is_a_png_as_wide_as_a_phone_needs() -> None:
    assert size(draw(CHART))[0] == 1080


def test_more_rows_make_it_higher() -> None:
    assert size(draw(replace(CHART, rows=(ROW,) * 8)))[1] > size(draw(CHART))[1]


def test_eight_items_fit_a_phones_screen() -> None:
    width, height = size(draw(replace(CHART, rows=(ROW,) * 8)))
    assert height < 2 * width


def test_so_many_rows_that_no_platform_takes_the_picture_are_cut() -> None:
    width, height = size(draw(replace(CHART, rows=(ROW,) * 200)))
    assert width + height <= 10_000


def test_any_words_can_be_drawn() -> None:
    odd = replace(
        ROW,
        label="$x_{1$ " + "a" * 200 + " \\frac ¿Qué tal? العربية",
        change="",
        heading="Heading",
        before=Estimate(1.0, 0.9, 1.0),
    )
    assert size(draw(replace(CHART, title="", subtitle="%s {} $", rows=(odd,))))


def test_the_same_chart_is_drawn_the_same() -> None:
    assert draw(CHART) == draw(CHART)


def test_charts_drawn_at_once_come_out_right() -> None:
    charts = [replace(CHART, title=f"Chart {n}", rows=(ROW,) * (1 + n % 3)) for n in range(6)]
    alone = [draw(chart) for chart in charts]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(draw, charts)) == alone


def test_starting_up_does_not_wait_for_matplotlib() -> None:
    check = "import sys, schedules.digests.tick; sys.exit('matplotlib' in sys.modules)"
    assert run([sys.executable, "-c", check], check=False).returncode == 0
