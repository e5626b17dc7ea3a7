"""Fault trials: real processes on a real PostgreSQL, killed while they work; then everything that was promised is counted.

`python -m tests.faults` runs all of them in full, `python -m tests.faults NAME --trials N` one of them. A promise is an
answer: what a writer was told is recorded must be there afterwards, once, at the position that it was told.
"""
