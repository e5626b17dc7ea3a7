"""Rulebooks as people write, check and publish them."""
