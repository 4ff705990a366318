"""The digest's chart: a PNG that reads well on a phone, in black and white, and with any colour vision."""

import io
from dataclasses import dataclass
from textwrap import wrap
from threading import Lock
from typing import TYPE_CHECKING, Literal

from schedules.digests.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Everything is in pixels of an image 1080 wide, which a phone shows at about a third of that.
_WIDTH, _MARGIN, _RIGHT = 1080, 60, 1020
_TITLE, _LABEL, _FIGURE, _SMALL = 54, 42, 50, 33
_LINE = 1.25
_ROWS_SHOWN = 30

# Near Okabe and Ito's colours, told apart with any colour vision, and dark enough on white.
_INK, _QUIET, _RULE, _TRACK = "#1b1b1b", "#555555", "#9a9a9a", "#ececec"
_COLOURS = {"none": "#0072B2", "up": "#00795c", "down": "#C24A00"}

# Matplotlib does not promise that two figures can be drawn at once.
_DRAWING = Lock()


@dataclass(frozen=True, slots=True)
class Row:
    """One item, now and before. `heading` begins a group where it differs from the row above."""

    heading: str
    label: str
    figure: str
    change: str
    direction: Literal["up", "down", "none"]
    now: Estimate
    before: Estimate | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the chart says, in the reader's language: `now` and `before` are its legend, `lowest` and
    `highest` the ends of its scale. At most 30 rows are drawn, from the first.
    """

    title: str
    subtitle: str
    now: str
    before: str
    lowest: str
    highest: str
    rows: tuple[Row, ...]
    note: str


def draw(chart: Chart) -> bytes:
    """The chart as PNG, 1080 pixels wide and as high as its rows need.

    Takes a second or so the first time and some 0.2 s after that, on whatever thread it is called; calls from
    several threads wait for each other.
    """
    with _DRAWING:
        return _draw(chart)


def _draw(chart: Chart) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = _Sheet(None).lay_out(chart)
    figure = Figure(figsize=(_WIDTH / 100, height / 100), dpi=100, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    _Sheet(axes).lay_out(chart)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


class _Sheet:
    """Writes and draws downwards from the top; without axes it only measures."""

    def __init__(self, axes: "Axes | None") -> None:
        self._axes = axes
        self._y = float(_MARGIN)

    def lay_out(self, chart: Chart) -> int:
        """Put everything down and return the height it needs."""
        self._paragraph(chart.title, _TITLE, 32, weight="bold")
        self._paragraph(chart.subtitle, _SMALL, 54, colour=_QUIET)
        self._y += 18
        self._legend(chart)
        self._ends(chart)
        heading = ""
        for row in chart.rows[:_ROWS_SHOWN]:
            if row.heading != heading:
                heading = row.heading
                self._heading(heading)
            self._row(row)
        self._y += 26
        self._paragraph(chart.note, _SMALL, 56, colour=_QUIET)
        return round(self._y + _MARGIN - 16)

    def _heading(self, words: str) -> None:
        self._y += 26
        self._write(_MARGIN, words, _SMALL, colour=_QUIET, weight="bold")
        self._y += _SMALL * _LINE - 8

    def _legend(self, chart: Chart) -> None:
        middle = self._y + _SMALL / 2
        self._interval(_MARGIN, _MARGIN + 90, _MARGIN + 45, middle, _COLOURS["none"])
        self._write(_MARGIN + 110, chart.now, _SMALL)
        self._earlier(_WIDTH / 2, _WIDTH / 2 + 90, _WIDTH / 2 + 45, middle)
        self._write(_WIDTH / 2 + 110, chart.before, _SMALL)
        self._y += _SMALL * _LINE

    def _ends(self, chart: Chart) -> None:
        self._y += 16
        self._write(_MARGIN, chart.lowest, _SMALL, colour=_QUIET)
        self._write(_RIGHT, chart.highest, _SMALL, colour=_QUIET, align="right")
        self._y += _SMALL * _LINE
        self._line(_MARGIN, _RIGHT, _RULE, 2)

    def _row(self, row: Row) -> None:
        colour = _COLOURS[row.direction]
        self._y += 24
        top = self._y
        lines = wrap(row.label, 31, max_lines=2, placeholder="…")
        for line in lines:
            self._write(_MARGIN, line, _LABEL, weight="bold")
            self._y += _LABEL * _LINE
        self._write(_RIGHT, row.figure, _FIGURE, colour=colour, weight="bold", align="right", y=top - 6)
        clear = row.direction != "none"
        self._write(
            _MARGIN,
            row.change,
            _SMALL,
            colour=colour if clear else _QUIET,
            weight="bold" if clear else "normal",
        )
        self._y += _SMALL * _LINE + 20
        self._scale(self._y)
        if row.before:
            self._earlier(_at(row.before.low), _at(row.before.high), _at(row.before.value), self._y + 15)
        self._interval(_at(row.now.low), _at(row.now.high), _at(row.now.value), self._y - 9, colour)
        self._y += 30

    def _scale(self, y: float) -> None:
        if self._axes:
            self._axes.barh(y + 2, _RIGHT - _MARGIN, 54, _MARGIN, color=_TRACK, zorder=0)
            for share in (0.25, 0.5, 0.75):
                self._axes.plot([_at(share)] * 2, [y - 25, y + 29], color="white", linewidth=2, zorder=1)

    def _interval(self, low: float, high: float, value: float, y: float, colour: str) -> None:
        if self._axes:
            self._axes.plot([low, high], [y, y], color=colour, linewidth=9, solid_capstyle="butt", zorder=3)
            self._axes.plot(value, y, "o", color=colour, markersize=20, markeredgecolor="white", zorder=4)

    def _earlier(self, low: float, high: float, value: float, y: float) -> None:
        if self._axes:
            self._axes.plot([low, high], [y, y], color=_QUIET, linewidth=3, zorder=2)
            self._axes.plot(
                value,
                y,
                "D",
                color="white",
                markersize=11,
                markeredgecolor=_QUIET,
                markeredgewidth=3,
                zorder=3,
            )

    def _line(self, left: float, right: float, colour: str, width: float) -> None:
        if self._axes:
            self._axes.plot([left, right], [self._y, self._y], color=colour, linewidth=width)

    def _paragraph(
        self, words: str, size: float, characters: int, colour: str = _INK, weight: str = "normal"
    ) -> None:
        for line in wrap(words, characters):
            self._write(_MARGIN, line, size, colour=colour, weight=weight)
            self._y += size * _LINE

    def _write(
        self,
        x: float,
        words: str,
        size: float,
        *,
        colour: str = _INK,
        weight: str = "normal",
        align: Literal["left", "right"] = "left",
        y: float | None = None,
    ) -> None:
        if self._axes:
            self._axes.text(
                x,
                self._y if y is None else y,
                words,
                fontsize=size * 0.72,
                color=colour,
                fontweight=weight,
                ha=align,
                va="top",
                fontfamily="DejaVu Sans",
                parse_math=False,
            )


def _at(share: float) -> float:
    return _MARGIN + share * (_RIGHT - _MARGIN)
