"""Numbered SQL files, each applied once; see domain.migrate."""
