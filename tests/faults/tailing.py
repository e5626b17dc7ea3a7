"""Eight processes append while their connections are ended and they are killed; readers must miss and double nothing."""

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.promises import Kept, Told, check_kept
from tests.faults.stage import Child, Stage, Unkept, until
from tests.ledgers import Home, opened

WRITERS = [f"w{n}" for n in range(8)]
PAGES = (1, 7, 1000)


def feed(stage: Stage, seconds: float, chance: random.Random) -> str:
    """Each reader sees each event that was answered for once, in order, and nothing that was rolled back."""
    home = stage.home()
    told = Told()
    with TemporaryDirectory() as folder:
        files = {page: Path(folder) / f"read by {page}" for page in PAGES}
        readers = [Child("reader", {**home._asdict(), "page": page, "out": str(file)}) for page, file in files.items()]
        writers = {name: _writer(home, name, 0) for name in WRITERS}
        until(
            lambda: all(any(line.startswith("kept") for line in w.lines) for w in writers.values()), "all writers write"
        )
        ended, killed = _mischief(stage, home, writers, told, seconds, chance)
        for child in writers.values():
            child.finish()
            told.hear(child.lines)
        with opened(home) as ledger:
            head = ledger.head()
        for reader in readers:
            reader.say(str(head))
            reader.finish()
        for page, file in files.items():
            _check_seen(f"the reader by {page}", file.read_text("ascii").splitlines(), told, head)
    counts = check_kept(home, told)
    stage.forget(home)
    return (
        f"{counts['promised']} events answered for, each seen once and in order by readers of {', '.join(map(str, PAGES))}; "
        f"{ended} connections ended, {killed} writers killed, {len(told.undone)} transactions rolled back; "
        f"{counts['events']} events, sound"
    )


def _writer(home: Home, name: str, first: int) -> Child:
    return Child("writer", {**home._asdict(), "writers": [(name, first)], "undoing": True})


def _mischief(
    stage: Stage, home: Home, writers: dict[str, Child], told: Told, seconds: float, chance: random.Random
) -> tuple[int, int]:
    """For so many seconds end connections and kill writers, who begin again; how many of each."""
    ended = killed = 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(chance.uniform(0.02, 0.15))
        if chance.random() < 0.8:
            ended += stage.terminate_somebody(home)
            continue
        name = chance.choice(WRITERS)
        writers[name].kill()
        told.hear(writers[name].lines)
        writers[name] = _writer(home, name, told.next_number(name))
        killed += 1
    return ended, killed


def _check_seen(who: str, lines: list[str], told: Told, head: int) -> None:
    seen = [Kept(id_, int(position)) for position, id_ in (line.split() for line in lines)]
    positions = [s.position for s in seen]
    if positions != list(range(1, head + 1)):
        odd = next((i for i, p in enumerate(positions, 1) if p != i), len(positions))
        raise Unkept(
            f"{who} saw {len(seen)} of {head} events; out of order or missing from {odd} on: {positions[odd - 1 : odd + 3]}"
        )
    promised = {kept for writer in told.kept.values() for kept in writer.values()}
    if missing := promised - set(seen):
        raise Unkept(f"{who} did not see {len(missing)} events that were answered for, such as {missing.pop()}")
    if wrong := told.undone & {s.id for s in seen}:
        raise Unkept(f"{who} saw {len(wrong)} events of transactions that failed")
