"""The page about reports says what their columns are, as the code says it."""

from pathlib import Path

from projections.reports.registry import REPORTS
from projections.reports.report import Report
from tests.projections.reporting import asked, frame

README = Path(__file__).parents[2] / "projections" / "reports" / "README.md"
HEAD = "## The reports\n\n"


def described(report: Report) -> str:
    """A report's section: its sentence, what it can be cut by, and its columns."""
    over = frame(asked(by=report.default, every=report.every))
    columns = report.table({}, over).columns
    how = [f"by {', '.join(report.by)}" if report.by else "not cut"]
    how.append("at a moment" if not report.timed else "over a period")
    if report.timed and report.periods:
        how.append("the whole of it, or every day, week, month, quarter or year")
    lines = [f"### {report.name}", "", f"{report.about} ({'; '.join(how)})", "", "| column | kind | |", "|---|---|---|"]
    lines += [f"| {c.name} | {c.kind} | {c.about} |" for c in columns]
    return "\n".join(lines)


def test_every_report_stands_on_the_page_with_its_columns() -> None:
    expected = HEAD + "\n\n".join(described(report) for report in REPORTS.values()) + "\n"
    text = README.read_text()
    assert text[text.index(HEAD) :] == expected
