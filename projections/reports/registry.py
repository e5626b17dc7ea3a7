"""Every report there is, by name."""

from types import MappingProxyType

from projections.reports import complaints, coverage, funnel, misses, sales, transitions

REPORTS = MappingProxyType(
    {
        module.REPORT.name: module.REPORT
        for module in (funnel, transitions, complaints, misses, coverage, sales)
    }
)  # fmt: skip
