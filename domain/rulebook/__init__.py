"""The rulebook as a document: what can be written in it, and what is wrong with one, in words for who wrote it."""
