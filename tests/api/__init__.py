"""Tests of the third floor."""
