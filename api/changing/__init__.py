"""Changing the rules: rows under others are built beside those that are shown, compared, promoted, and taken back."""
