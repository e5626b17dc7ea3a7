"""Worked cases as tables: what is given, what is asked, and what the rules say, worked out by hand.

Each row has a name of its own, by which pytest shows it. Where the answer is not obvious, a remark beside it reckons it out.
Local times are of the place that the row names; an offset behind a time says which of two is meant, or another place.
"""
