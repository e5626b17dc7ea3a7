"""A figure: ours beside its baseline, as one line of JSON or for people."""

import json
from dataclasses import dataclass


@dataclass
class Figure:
    """Rates per second, more is better; for pages the median of seconds, told as pages per second.

    Where the baseline is what may not be exceeded, less is better; then 0 says that there may be none, and has no ratio.
    """

    benchmark: str
    name: str
    ours: float
    baseline: float
    unit: str
    note: str = ""

    def line(self, *, as_json: bool) -> str:
        """As it is printed."""
        ratio = self.ours / self.baseline if self.baseline else 0.0
        if as_json:
            return json.dumps(
                {
                    "benchmark": self.benchmark,
                    "name": self.name,
                    "ours": round(self.ours, 1),
                    "baseline": round(self.baseline, 1),
                    "ratio": round(ratio, 3),
                    "unit": self.unit,
                    "note": self.note,
                }
            )
        rates = f"{self.ours:,.0f} {self.unit}, baseline {self.baseline:,.0f}"
        return f"{self.benchmark} {self.name}: {rates}, ratio {ratio:.2f}  ({self.note})"
