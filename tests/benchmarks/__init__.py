"""Benchmarks, run by hand: `python -m tests.benchmarks NAME [--events N] [--json]`.

Each measures its baseline in the same run, on the same server and rows, and prints what it measured on.
"""
