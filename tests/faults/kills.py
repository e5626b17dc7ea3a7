"""Kill -9 of the application, of the server, and of both, under load: what was answered for is there, once."""

import random
import time
from collections.abc import Callable

from tests.faults.promises import Told, check_kept
from tests.faults.rows import check_rows, prepare
from tests.faults.stage import Child, Stage, Unkept, until
from tests.ledgers import Home

PROCESSES, THREADS = 2, 4


def application(stage: Stage, seconds: float, chance: random.Random) -> str:
    """Writers and engine are killed together; others take over."""
    return _trial(stage, seconds, chance, application=True, server=False)


def server(stage: Stage, seconds: float, chance: random.Random) -> str:
    """The server's processes are all killed; the writers go on when it is back."""
    return _trial(stage, seconds, chance, application=False, server=True)


def both(stage: Stage, seconds: float, chance: random.Random) -> str:
    """Server, who keeps it running, writers and engine are killed together."""
    return _trial(stage, seconds, chance, application=True, server=True)


def _trial(stage: Stage, seconds: float, chance: random.Random, *, application: bool, server: bool) -> str:
    home, told = stage.home(), Told()
    prepare(home)
    writers, engine = _start(home, told), Child("follower", home._asdict())
    _wait_for_load(writers)
    time.sleep(chance.uniform(0.05, seconds))
    answered = _kept(writers)
    blows: list[Callable[[], int]] = []
    if application:
        blows.append(lambda: _kill([*writers, engine], told))
    if server:
        blows.append(lambda: stage.kill_server(keeper=application))
    chance.shuffle(blows)
    killed = sum(blow() for blow in blows)
    stage.await_server()
    if not writers[0].running:
        writers, engine = _start(home, told), Child("follower", home._asdict())
    before = _kept(writers)
    until(lambda: _kept(writers) > before, "writing goes on")
    for child in (*writers, engine):
        child.finish()
    for child in writers:
        told.hear(child.lines)
    counts = check_kept(home, told)
    rows = check_rows(home)
    stage.forget(home)
    return (
        f"{killed} processes killed after {answered} answers; {counts['promised']} answered for are all there, "
        f"{counts['of these sent']} that were not answered for were missing and came again; "
        f"all sent twice more, nothing doubled: {counts['events']} events, sound; {rows} rows equal rebuilt ones"
    )


def _start(home: Home, told: Told) -> list[Child]:
    """Writers that go on where those before them had got to."""
    names = [[f"p{p}t{t}" for t in range(THREADS)] for p in range(PROCESSES)]
    return [
        Child("writer", {**home._asdict(), "writers": [(n, told.next_number(n)) for n in group], "undoing": False})
        for group in names
    ]


def _wait_for_load(writers: list[Child]) -> None:
    until(lambda: all(any(line.startswith("kept") for line in w.lines) for w in writers), "all writers write")


def _kept(writers: list[Child]) -> int:
    return sum(line.startswith("kept") for w in writers for line in list(w.lines))


def _kill(children: list[Child], told: Told) -> int:
    for child in children:
        if not child.running:
            raise Unkept("a process had ended before it was killed")
    for child in children:
        child.kill()
    for child in children:
        told.hear(child.lines)
    return len(children)
