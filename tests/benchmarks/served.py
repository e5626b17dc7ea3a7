"""The API as it is served, with one route more: it validates the same body and stores nothing.

Run as `python -m tests.benchmarks.served PORT WORKERS`; the settings come from the environment as always.
"""

import socket
import sys
from multiprocessing import get_context

import uvicorn
from fastapi import FastAPI, Request, Response

from api.app import create_app
from api.errors import respond
from api.events import authorised, decoded, encode, read_body
from api.serving import bind
from api.wiring import open_house
from domain.errors import Refusal
from domain.ledger import Receipt

BASELINE = "/baseline/validate"


async def validate(request: Request) -> Response:
    """What POST /v1/events does with one event, but for recording it."""
    bearer = await authorised(request)
    cloud = await decoded(request, await read_body(request))
    admitted = request.app.state.house.ledger.admit(cloud, actor=f"key:{bearer.id}")
    if isinstance(admitted, Refusal):
        return respond(admitted)
    receipt = Receipt(status="accepted", id=admitted.event.id, customer=admitted.event.id, version=1, position=1)
    return Response(encode(receipt), 201, media_type="application/json")


def application() -> FastAPI:
    """The application of one worker; its house is open as long as the process lives."""
    opening = open_house(migrating=False)
    app = create_app(opening.__enter__())
    app.state.opening = opening  # or it would be closed as soon as nobody holds it
    app.post(BASELINE, response_class=Response)(validate)
    return app


def work(listening: socket.socket) -> None:
    """Answer on this socket until killed."""
    config = uvicorn.Config(application(), loop="uvloop", http="httptools", access_log=False, log_level="warning")
    uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    port, workers = map(int, sys.argv[1:])
    sockets = bind("127.0.0.1", port, workers)
    if workers == 1:
        work(sockets[0])
    else:
        for own in sockets:
            get_context("fork").Process(target=work, args=(own,)).start()
