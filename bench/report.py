"""What was measured, as rows: a table for people, JSON for programs."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """`target` is a bound on `value`, as text for people; `met` is None where there is none."""

    bench: str
    what: str
    value: float
    unit: str
    target: str = ""
    met: bool | None = None

    @property
    def shown(self) -> str:
        digits = 0 if abs(self.value) >= 100 else 2
        return f"{self.value:,.{digits}f} {self.unit}".rstrip()


def at_least(bench: str, what: str, value: float, bound: float, unit: str = "") -> Row:
    return Row(bench, what, value, unit, f"at least {bound:g}", value >= bound)


def below(bench: str, what: str, value: float, bound: float, unit: str) -> Row:
    return Row(bench, what, value, unit, f"under {bound:g}", value < bound)


def table(rows: Iterable[Row]) -> str:
    marks = {None: "", True: "met", False: "MISSED"}
    cells = [(row.bench, row.what, row.shown, row.target, marks[row.met]) for row in rows]
    widths = [max(len(cell[column]) for cell in cells) for column in range(5)]
    lines = []
    for bench, what, shown, target, met in cells:
        line = f"{bench:<{widths[0]}}  {what:<{widths[1]}}  {shown:>{widths[2]}}  {target:<{widths[3]}}  {met}"
        lines.append(line.rstrip())
    return "\n".join(lines)


def as_json(rows: Iterable[Row]) -> list[dict[str, object]]:
    return [asdict(row) for row in rows]
