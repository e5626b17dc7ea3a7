"""Every report there is, by name."""

from types import MappingProxyType

from projections.reports import (
    affinity,
    channels,
    complaints,
    contact_rhythm,
    coverage,
    funnel,
    intervals,
    misses,
    next_purchase,
    offers,
    performance,
    pipeline,
    prospects,
    referrals,
    repeat,
    retention,
    sales,
    transitions,
    trust,
    trust_points,
    workload,
)

REPORTS = MappingProxyType(
    {
        module.REPORT.name: module.REPORT
        for module in (
            funnel, transitions, complaints, misses, coverage, contact_rhythm, workload, performance, sales, intervals,
            next_purchase, affinity, offers, retention, repeat, prospects, pipeline, referrals, channels, trust, trust_points,
        )
    }
)  # fmt: skip
