"""Tests; `tests/` mirrors the three floors."""
