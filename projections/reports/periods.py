"""Days, weeks, months, quarters and years by the clocks of one zone: a company counts its days where it works."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.facts import EPOCH, MICROSECOND
from projections.reports.report import Every


class Days:
    """Calendar days in a zone, for instants in µs since 1970."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self._starts: dict[date, int] = {}

    def day(self, at: int) -> date:
        """The day that holds an instant."""
        return (EPOCH + at * MICROSECOND).astimezone(self.zone).date()

    def start(self, day: date) -> int:
        """The first instant of a day, also where the clocks were turned at midnight."""
        found = self._starts.get(day)
        if found is None:
            found = self._starts[day] = (
                datetime(day.year, day.month, day.day, tzinfo=self.zone) - EPOCH
            ) // MICROSECOND
        return found

    def label(self, at: int, every: Every | None) -> str:
        """The name of the period that holds an instant: 2026, 2026-Q1, 2026-03, 2026-W10 or 2026-03-02; they sort by time."""
        return "" if every is None else name(self.day(at), every)


def name(day: date, every: Every) -> str:
    """The name of the period that holds a day."""
    match every:
        case "year":
            return f"{day.year:04}"
        case "quarter":
            return f"{day.year:04}-Q{(day.month + 2) // 3}"
        case "month":
            return f"{day.year:04}-{day.month:02}"
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case "day":
            return day.isoformat()


def months_between(first: str, later: str) -> int:
    """How many months lie between two months (2026-03)."""
    (year, month), (other_year, other_month) = (tuple(map(int, text.split("-"))) for text in (first, later))
    return (other_year - year) * 12 + other_month - month
