"""A bar chart as plain shapes; the page draws them and puts a table below (UX R3)."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000, 240  # of the drawing; the page stretches it


@dataclass(frozen=True, slots=True)
class Bar:
    """One value: a bar from the zero line, and the mark of the value it is held against."""

    label: str
    value: str
    x: float
    y: float
    width: float
    height: float
    mark_y: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with the lines behind them; `ticks` are (y, value) from the top."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    zero_y: float


def nice_step(span: int, lines: int = 4) -> int:
    """A round distance between lines: 1, 2 or 5 times a power of ten."""
    rough = max(1, span // lines)
    power = 10 ** (len(str(rough)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough)


def chart(
    values: Sequence[tuple[str, str, int]], before: Sequence[int] | None = None
) -> Chart | None:
    """The chart of (label, value as text, value); `before` is set beside it, one by one."""
    numbers = [value for _label, _text, value in values] + list(before or [])
    if not values or not any(numbers):
        return None
    low, high = min(0, *numbers), max(0, *numbers)
    step = nice_step(high - low)
    bottom, top = step * (low // step), step * -(-high // step)
    scale = HEIGHT / (top - bottom)

    def y_of(value: int) -> float:
        return round((top - value) * scale, 1)

    slot = WIDTH / len(values)
    gap = min(8.0, slot * 0.25)
    bars = []
    for at, (label, text, value) in enumerate(values):
        mark = before[at] if before and at < len(before) else None
        bars.append(
            Bar(
                label=label,
                value=text,
                x=round(at * slot + gap / 2, 1),
                y=min(y_of(value), y_of(0)),
                width=round(slot - gap, 1),
                height=round(abs(value) * scale, 1),
                mark_y=None if mark is None else y_of(mark),
            )
        )
    ticks = tuple((y_of(value), value) for value in range(bottom, top + step, step))
    return Chart(tuple(bars), ticks[::-1], y_of(0))
