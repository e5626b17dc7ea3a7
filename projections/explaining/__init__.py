"""Explanations: why a verdict is as it is, what it rests on, and what changes it by itself."""
