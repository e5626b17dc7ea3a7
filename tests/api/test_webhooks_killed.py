"""Processes that deliver are killed, and nothing is lost: whoever stands by takes over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from api.wiring import House
from tests.api.receiver import Got, calls, delivered, eventually, in_order, inside, receiving, state, subscribe


@contextmanager
def courier(house: House) -> Generator[subprocess.Popen[bytes]]:
    """The process that `jejak serve` starts for webhooks."""
    environment = {
        "JEJAK_DATABASE_URL": house.database_url,
        "JEJAK_KEYS_URL": house.keys_url,
        "JEJAK_DATA": str(house.settings.data),
        "JEJAK_WEBHOOK_INSIDE": "true",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api.serving", "courier"], stdin=subprocess.PIPE, env=os.environ | environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize("batch", [1, 7])
def test_a_deliverer_that_is_killed_loses_nothing(client: TestClient, house: House, batch: int) -> None:
    def slowly(_: Got) -> int:
        time.sleep(0.02)
        return 200

    inside(house)
    with receiving(slowly) as receiver, courier(house) as first, courier(house) as second, courier(house) as third:
        made = subscribe(client, receiver, batch=batch)
        for number, process in enumerate((first, second)):
            calls(house, 200, 11, start=200 * number)
            before = len(receiver.seen)
            eventually(lambda least=before + 5: len(receiver.seen) >= least)
            process.send_signal(signal.SIGKILL)
            process.wait()
        eventually(lambda: delivered(house, receiver))
        eventually(lambda: state(client, made["id"])["backlog"]["behind"] == 0)
        assert in_order(receiver)
        # Asked to end, it ends what is on its way.
        third.send_signal(signal.SIGTERM)
        assert third.wait(30) == 0


def test_a_deliverer_ends_with_its_parent(house: House) -> None:
    with courier(house) as process:
        time.sleep(0.5)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
