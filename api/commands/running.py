"""jejak serve | demo."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from api import demo as demonstration
from api import serving
from api.commands.common import Json, Quiet, err, print_json, screen
from api.errors import BadRequest
from api.settings import Settings, read
from api.wiring import open_house, wall_clock


def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; JEJAK_HOST, else 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(help="JEJAK_PORT, else 8000; 0 takes a free one.", min=0, max=65535)
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that answer; JEJAK_WORKERS, else 1.", min=1, max=64)
    ] = None,
) -> None:
    """Answer over HTTP, and keep the rows up to date, until asked to end."""
    settings = read()
    run_server(settings, host or settings.host, settings.port if port is None else port, workers or settings.workers)


def run_server(settings: Settings, host: str, port: int, workers: int) -> None:
    """Listen, bring the databases up to date, show the first key, and serve until asked to end."""
    stop = serving.stopping()
    try:
        listening = serving.bind(host, port, workers)
    except OSError as error:
        raise BadRequest(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another with --host and --port"
        ) from None
    with contextlib.ExitStack() as stack:
        for own in listening:
            stack.enter_context(own)
        house = stack.enter_context(open_house(settings))
        if house.server is not None:
            house.server.watch()
        first = house.bearers.first()
        if first is not None:
            screen().print(f"[bold]Your key, shown this once:[/] {first}", soft_wrap=True)
        address = f"http://{host if ':' not in host else f'[{host}]'}:{listening[0].getsockname()[1]}"
        serving.serve(
            listening,
            stop,
            ready=lambda: screen().print(f"Jejak answers at {address} (see {address}/docs)", soft_wrap=True),
        )


def demo(
    customers: Annotated[int, typer.Option(help="How many.", min=20, max=100_000)] = 600,
    years: Annotated[float, typer.Option(help="How much history.", min=0.1, max=20)] = 2.0,
    seed: Annotated[int, typer.Option(help="Another seed, another company.")] = 7,
    data: Annotated[Path | None, typer.Option(help="Where it lives; `demo` in JEJAK_DATA otherwise.")] = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The first free one from here on; 0 takes any.", min=0, max=65535)] = 8000,
    serve: Annotated[bool, typer.Option(help="Answer over HTTP afterwards.")] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """A company's history in one go: database, simulated history, rows, a first look, and a server to ask."""
    folder = data or read().data.expanduser() / "demo"
    settings = demonstration.settings(folder)
    fresh = demonstration.Plan(customers, years, seed, wall_clock())
    stop = serving.stopping() if serve else None
    with open_house(settings) as house:
        plan = demonstration.planned(folder, fresh)
        demonstration.fill(house, folder, plan, quiet=quiet or as_json)
        seen = demonstration.first_look(house)
        if as_json:
            print_json(seen)
        else:
            demonstration.show(screen(), seen)
        if stop is None or stop.is_set():
            return
        with demonstration.free_port(host, port) as listening:
            if house.server is not None:
                house.server.watch()
            demonstration.take_over(settings)
            key = demonstration.new_key(house)
            address = f"http://{host}:{listening.getsockname()[1]}"
            serving.serve(
                [listening],
                stop,
                ready=lambda: demonstration.show_where(err if as_json else screen(), address, key, seen),
            )
    err.print("Ended. `jejak demo` starts it again, with everything in it.")
