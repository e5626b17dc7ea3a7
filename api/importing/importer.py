"""The import itself: files in, batches of events to whoever records them, refused rows to the rejects file.

It keeps no state of its own. The ids of events come from the content of the file and the ledger keeps each (source,
id) once, so an import that was stopped, by Ctrl-C or kill -9, is run again from the start: what was recorded answers
as a duplicate, and the rejects file is complete after each full run. The price is that a second run reads what the
first one read.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct, field

from api.importing import mapping as mappings
from api.importing.errors import ImportFailed, UnreadableFile
from api.importing.progress import Meter, meter
from api.importing.rejects import Rejects
from api.importing.shaping import Bundle, Shaped, Shaper
from api.importing.sources import Opened, Record, Table, csv_table, kind_of, ndjson, opened, parquet_table
from api.importing.templates import Row
from api.importing.values import RowReader
from domain.errors import Refusal

BATCH = 1_000  # events that are recorded together, or a few more: what belongs together is never split
TICK = 10_000  # rows after which progress is shown, whether or not anything was recorded
REASONS = 20  # distinct reasons that the summary counts one by one
OTHER = "other reasons"

Recorder = Callable[[Sequence[Mapping[str, Any]]], Sequence[Any]]  # one outcome each: a Refusal, or what has a `status`


class Summary(Struct, kw_only=True):
    """What an import did."""

    rows: int = 0
    passed_over: int = 0  # rows that the mapping's `where` leaves out
    events: int = 0
    recorded: int = 0  # in a dry run: would be
    duplicate: int = 0
    refused_events: int = 0
    refused_rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict[str, int])  # refused rows by reason
    seconds: float = 0.0
    stopped: bool = False  # by Ctrl-C; running it again goes on


class Importer:
    """Imports files into whatever `record` stands for."""

    def __init__(
        self,
        record: Recorder,
        *,
        mapping: str | mappings.Mapping | None = None,
        rejects: Path | None = None,
        quiet: bool = False,
        batch: int = BATCH,
    ) -> None:
        self._record = record
        self._mapping = mappings.load(mapping) if isinstance(mapping, str) else mapping
        self._rejects_path = rejects
        self._rejects = Rejects(rejects)
        self._quiet = quiet
        self._size = batch
        self._held: list[Bundle] = []
        self._waiting = 0  # events among those held
        self._tick: Callable[[], None] = lambda: None  # shows how far we are
        self.summary = Summary()

    def run(self, files: Sequence[str]) -> Summary:
        """Import files one after the other; `-` is standard input. Ctrl-C ends it early, in order."""
        begun = monotonic()
        for name in files:
            self._check(name)
        try:
            for name in files:
                self._file(name)
        except KeyboardInterrupt:
            self.summary.stopped = True
        finally:
            self._rejects.close()
            self.summary.seconds = monotonic() - begun
        return self.summary

    def _check(self, name: str) -> None:
        """What can be known before anything is read or written."""
        kind = kind_of(name, mapped=self._mapping is not None)
        if (kind == "ndjson") == (self._mapping is not None):
            raise UnreadableFile(
                f"{name}: a mapping is for CSV and Parquet; these are CloudEvents as they are"
                if kind == "ndjson"
                else f"{name}: rows need a mapping that says what they mean, such as {', '.join(mappings.shipped())}"
            )
        if name == "-":
            return
        path = Path(name)
        if not path.is_file():
            raise UnreadableFile(f"{name}: there is no such file")
        if self._rejects_path is not None and self._rejects_path.exists() and self._rejects_path.samefile(path):
            raise UnreadableFile(f"{name}: the rejects would overwrite the file that is imported")

    def _file(self, name: str) -> None:
        kind = kind_of(name, mapped=self._mapping is not None)
        if kind == "parquet":
            table, count = parquet_table(name)
            with meter(_title(name), count, quiet=self._quiet) as show:
                start = self.summary.rows
                self._consume(name, table.header, self._mapped(table), lambda: self.summary.rows - start, show)
            return
        with opened(name) as source, meter(_title(name), source.size, quiet=self._quiet) as show:
            header, bundles = self._text(name, kind, source)
            self._consume(name, header, bundles, source.position, show)

    def _text(self, name: str, kind: str, source: Opened) -> tuple[list[str] | None, Iterator[Bundle]]:
        if kind == "ndjson" or self._mapping is None:
            return None, self._clouds(ndjson(source.stream))
        written = self._mapping.csv
        delimiter = (
            "\t" if ".tsv" in Path(name).suffixes and "csv" not in self._mapping.model_fields_set else written.delimiter
        )
        table = csv_table(source.stream, name=name, delimiter=delimiter, encoding=written.encoding)
        return table.header, self._mapped(table)

    # --- rows to bundles ---------------------------------------------------------------------------------------------

    def _clouds(self, records: Iterator[Record]) -> Iterator[Bundle]:
        decode = msgspec.json.Decoder(dict[str, Any]).decode
        for record in records:
            self.summary.rows += 1
            row = Row(record.line, self.summary.rows, [], record.cells)
            problem = record.problem
            if problem is None:
                try:
                    yield Bundle([row], events=[Shaped(decode(record.cells[0]), [row])])
                    continue
                except msgspec.DecodeError as broken:
                    problem = f"it is not a CloudEvent in JSON: {broken}"
            yield Bundle([row], refused=[(row, problem)])

    def _mapped(self, table: Table) -> Iterator[Bundle]:
        assert self._mapping is not None
        reader = RowReader(self._mapping, table.header)
        shaper = Shaper(self._mapping, reader.places)
        for number, record in enumerate(table.records, 1):
            self.summary.rows += 1
            if record.problem is not None:
                row = Row(record.line, number, [], record.cells)
                yield Bundle([row], refused=[(row, record.problem)])
                continue
            if number % TICK == 0:
                self._tick()
            values, problems = reader.read(record.cells)
            for bundle in shaper.take(Row(record.line, number, values, record.cells), problems):
                if bundle is None:
                    self.summary.passed_over += 1
                else:
                    yield bundle
        yield from shaper.finish()

    # --- bundles to the ledger ---------------------------------------------------------------------------------------

    def _consume(
        self,
        name: str,
        header: Sequence[str] | None,
        bundles: Iterator[Bundle],
        position: Callable[[], int],
        show: Meter,
    ) -> None:
        self._rejects.begin(name, header)
        self._tick = lambda: show(position(), self.summary.rows, self.summary.events)
        for bundle in bundles:
            self._held.append(bundle)
            self._waiting += len(bundle.events)
            if self._waiting >= self._size or len(self._held) >= 10 * self._size:
                self._flush()
                self._tick()
        self._flush()
        self._tick()

    def _flush(self) -> None:
        """Record what is held, and write the rows of all that was refused."""
        held, self._held, self._waiting = self._held, [], 0
        events = [event for bundle in held for event in bundle.events]
        outcomes = self._record([event.cloud for event in events]) if events else ()
        if len(outcomes) != len(events):
            raise ImportFailed(f"{len(events)} events were to be recorded, and {len(outcomes)} outcomes came back")
        refused: dict[int, tuple[Row, list[str]]] = {}
        for bundle in held:
            for row, reason in bundle.refused:
                refused.setdefault(row.line, (row, []))[1].append(reason)
        for event, outcome in zip(events, outcomes, strict=True):
            self._count(event, outcome, refused)
        self._write(refused)

    def _count(self, event: Shaped, outcome: Any, refused: dict[int, tuple[Row, list[str]]]) -> None:
        self.summary.events += 1
        if isinstance(outcome, Refusal):
            self.summary.refused_events += 1
            reason = _reason(event, outcome, mapped=self._mapping is not None)
            for row in event.rows:
                reasons = refused.setdefault(row.line, (row, []))[1]
                if reason not in reasons:
                    reasons.append(reason)
        elif outcome.status == "duplicate":
            self.summary.duplicate += 1
        else:
            self.summary.recorded += 1

    def _write(self, refused: dict[int, tuple[Row, list[str]]]) -> None:
        if not refused:
            return
        rows = [(line, row.cells, "; ".join(reasons)) for line, (row, reasons) in sorted(refused.items())]
        self.summary.refused_rows += len(rows)
        counts = self.summary.reasons
        for _, _, reason in rows:
            kept = reason if reason in counts or len(counts) < REASONS else OTHER
            counts[kept] = counts.get(kept, 0) + 1
        self._rejects.write(rows)


def _reason(event: Shaped, refusal: Refusal, *, mapped: bool) -> str:
    """The ledger's words; of a mapped row also which event it is, since the row does not say."""
    faults = "; ".join(f"{pointer}: {sentence}" if pointer else sentence for pointer, sentence in refusal.problems)
    said = f"{refusal.title}: {faults}"
    return f"{event.cloud.get('type')} {event.cloud.get('id')}: {said}" if mapped else said


def _title(name: str) -> str:
    return "standard input" if name == "-" else Path(name).name
