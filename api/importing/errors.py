"""What stops an import, as opposed to what refuses one row of it.

    ImportFailed           nothing more is read; what was recorded stays, and running the import again goes on
    ├── MappingError       the mapping is not valid, or does not fit the file
    ├── UnreadableFile     the file is not there, or not of the kind that it says
    └── MissingExtra       reading this kind of file needs a package that is not installed

What refuses one row is a sentence in the rejects file.
"""

from domain.errors import JejakError


class ImportFailed(JejakError):
    """The root of what stops an import."""


class MappingError(ImportFailed):
    """The mapping is not valid, or does not fit the file; `problems` are (field, sentence) pairs."""

    def __init__(self, where: str, problems: list[tuple[str, str]]) -> None:
        lines = "\n".join(f"  {field}: {sentence}" if field else f"  {sentence}" for field, sentence in problems)
        super().__init__(f"{where}:\n{lines}")
        self.problems = problems


class UnreadableFile(ImportFailed):
    """The file is not there, or not of the kind that it says."""


class MissingExtra(ImportFailed):
    """Reading this kind of file needs a package that is not installed."""
