"""Bringing files in: CloudEvents as NDJSON, and CSV or Parquet through a mapping.

    sources (records of a file) -> values (typed cells) -> shaping (groups and changes become events) -> importer

Nothing here knows the database: an importer is given the function that records a batch.
"""

from api.importing.errors import ImportFailed, MappingError, MissingExtra, UnreadableFile
from api.importing.importer import Importer, Summary
from api.importing.mapping import Mapping, load, parse, shipped

__all__ = [
    "ImportFailed",
    "Importer",
    "Mapping",
    "MappingError",
    "MissingExtra",
    "Summary",
    "UnreadableFile",
    "load",
    "parse",
    "shipped",
]
