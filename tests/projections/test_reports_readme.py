"""The page about reports says what their columns are, as the code says it."""

import re
import sys
from pathlib import Path
from types import ModuleType

from projections.reports import attainment, baskets, clocks, suggesting
from projections.reports.registry import REPORTS
from projections.reports.report import Report
from tests.projections.reporting import asked, frame

README = Path(__file__).parents[2] / "projections" / "reports" / "README.md"
HEAD = "## The reports\n\n"


def described(report: Report) -> str:
    """A report's section: its definition, what it can be cut by, and its columns."""
    over = frame(asked(by=report.default, every=report.every))
    columns = report.table({}, over).columns
    how = [f"by {', '.join(report.by)}" if report.by else "not cut"]
    how.append("at a moment" if not report.timed else "over a period")
    if report.timed and report.periods:
        how.append("the whole of it, or every day, week, month, quarter or year")
    lines = [f"### {report.name}", "", defined(sys.modules[report.collect.__module__]), "", f"Cut: {'; '.join(how)}."]
    lines += ["", "| column | kind | |", "|---|---|---|"]
    lines += [f"| {c.name} | {c.kind} | {c.about} |" for c in columns]
    return "\n".join(lines)


def defined(module: ModuleType) -> str:
    """What stands at the head of a file, with its lists as they are laid out there."""
    paragraphs = (module.__doc__ or "").strip().split("\n\n")
    return "\n\n".join(f"```\n{p}\n```" if LAID_OUT.search(p) else p for p in paragraphs)


LAID_OUT = re.compile(r"\S {2,}\S")
SHARED = (attainment, clocks, baskets, suggesting)


def page() -> str:
    """The generated part of the page."""
    reports = "\n\n".join(described(report) for report in REPORTS.values())
    shared = "\n\n".join(f"### {m.__name__.rpartition('.')[2]}.py\n\n{defined(m)}" for m in SHARED)
    return f"{HEAD}{reports}\n\n## What several share\n\n{shared}\n"


def test_every_report_stands_on_the_page_with_its_definition_and_columns() -> None:
    text = README.read_text()
    assert text[text.index(HEAD) :] == page()
