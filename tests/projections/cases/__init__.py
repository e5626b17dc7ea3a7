"""Worked cases of what is folded, as tables; see `tests.domain.cases`. A history is told in lines, as `telling` reads them."""
