"""Where webhooks may go, and that nothing gets around it."""

import asyncio
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.webhooks.sending import Answer, Sender, retry_after
from api.webhooks.targets import TargetRefused, Targets, inside, look_up, parsed
from tests.api.receiver import Got, receiving

INSIDE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",  # metadata
    "169.254.0.1",
    "169.254.169.254",  # metadata
    "168.63.129.16",  # the host of a virtual machine
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
OUTSIDE = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.1.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
]


def standing_for(*addresses: str) -> Callable[[str, int], list[str]]:
    """A resolver to which every name stands for these."""
    return lambda _host, _port: list(addresses)


def check(url: str, targets: Targets) -> Any:
    try:
        return asyncio.run(targets.check(url))
    finally:
        targets.close()


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_of_the_inside_are_refused_by_name_and_as_they_are(address: str) -> None:
    assert inside(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    for url, resolve in ((f"https://{host}/", look_up), ("https://hooks.example/", standing_for(address))):
        with pytest.raises(TargetRefused):
            check(url, Targets(resolve=resolve))
        # One good address beside it changes nothing.
        with pytest.raises(TargetRefused):
            check(url, Targets(resolve=standing_for("8.8.8.8", address)))


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_addresses_are_let_through_with_tls_alone(address: str) -> None:
    assert not inside(ipaddress.ip_address(address))
    check("https://hooks.example/", Targets(resolve=standing_for(address)))
    with pytest.raises(TargetRefused, match="https"):
        check("http://hooks.example/", Targets(resolve=standing_for(address)))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "localhost", "LOCALHOST."])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(TargetRefused):
        check(f"https://{host}/", Targets())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "//hooks.example/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "gopher://hooks.example/",
        "https://",
        "https:///path",
        "https://user@hooks.example/",
        "https://user:word@hooks.example/",
        "https://hooks.example@127.0.0.1/",
        "https://hooks.example/#part",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nHost: other",
        "https://hooks.example\\@127.0.0.1/",
        "https://127.0.0.1%2f@hooks.example/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://hööks.example/",
        "https://hooks.example/" + "a" * 2_000,
    ],
)
def test_what_is_no_url_of_a_target_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused) as refused:
        check(url, Targets(anywhere=True, resolve=standing_for("8.8.8.8")))
    assert refused.value.pointer == "/url"


def test_a_url_is_read_once_into_parts() -> None:
    assert parsed("HTTPS://Hooks.Example/a?b=c&d") == ("https", "hooks.example", 443, "/a?b=c&d")
    assert parsed("https://hooks.example:8443") == ("https", "hooks.example", 8443, "/")
    assert parsed("https://[2606:4700::1111]/x")[1] == "2606:4700::1111"


@pytest.mark.parametrize(
    ("allowed", "url", "address", "may"),
    [
        (["10.1.0.0/16"], "https://erp.internal/", "10.1.2.3", True),
        (["10.1.0.0/16"], "http://erp.internal/", "10.1.2.3", True),
        (["10.1.0.0/16"], "http://erp.internal/", "::ffff:10.1.2.3", True),
        (["10.1.0.0/16"], "https://erp.internal/", "10.2.0.1", False),
        (["10.1.2.3"], "http://erp.internal/", "10.1.2.3", True),
        (["erp.internal"], "http://ERP.internal./", "10.9.9.9", True),
        (["erp.internal"], "https://other.internal/", "10.9.9.9", False),
        (["fd12::/16"], "https://erp.internal/", "fd12::7", True),
        (["erp.internal"], "http://shop.example/", "8.8.8.8", False),
    ],
)
def test_what_the_settings_allow_is_let_through_and_no_more(
    allowed: list[str], url: str, address: str, may: bool
) -> None:
    targets = Targets(allowed=allowed, resolve=standing_for(address))
    if may:
        check(url, targets)
    else:
        with pytest.raises(TargetRefused):
            check(url, targets)


def test_a_host_that_is_not_found_is_named() -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError

    with pytest.raises(TargetRefused, match=r"cannot be found: hooks\.example"):
        check("https://hooks.example/", Targets(resolve=unknown))


def send(url: str, targets: Targets, **options: Any) -> Answer:
    async def once() -> Answer:
        sender = Sender(targets, time.time, **options)
        try:
            return await sender.send(url, {}, b"{}")
        finally:
            await sender.close()

    return asyncio.run(once())


def test_a_name_that_stands_for_another_address_later_is_not_followed_inside() -> None:
    """Rebinding: public while it is subscribed, inside when something is sent."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    targets = Targets(resolve=lambda _host, _port: next(answers))
    with receiving() as receiver:
        asyncio.run(targets.check(f"https://hooks.example:{receiver.server_address[1]}/"))
        answer = send(f"https://hooks.example:{receiver.server_address[1]}/", targets)
        assert (answer.accepted, receiver.seen) == (False, [])
    assert answer.error is not None
    assert "inside" in answer.error


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with receiving() as receiver:
        answer = send(
            f"http://hooks.example:{receiver.server_address[1]}/hook?a=b", Targets(anywhere=True, resolve=resolve)
        )
        [got] = receiver.accepted
    assert answer.status == 204
    assert asked == ["hooks.example"]  # once: what was checked is what is connected to
    assert got.headers["host"] == f"hooks.example:{receiver.server_address[1]}"


def test_redirects_are_not_followed() -> None:
    with receiving() as inner, receiving(lambda _: (302, {"Location": inner.url})) as receiver:
        answer = send(receiver.url, Targets(anywhere=True))
        assert inner.seen == []
    assert (answer.accepted, answer.status) == (False, 302)


def test_a_receiver_that_says_nothing_is_given_up() -> None:
    let_go = threading.Event()

    def stuck(_: Got) -> int:
        let_go.wait(10)
        return 200

    with receiving(stuck) as receiver:
        answer = send(receiver.url, Targets(anywhere=True), timeout=0.2)
        let_go.set()
    assert (answer.accepted, answer.status, answer.error) == (False, None, "no answer within 0.2 s")
    assert answer.away


def test_an_answer_without_end_is_not_read() -> None:
    """The status counts; of the body little is read."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n{}")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while not writer.is_closing():
                writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def run() -> Answer:
        server = await asyncio.start_server(endless, "127.0.0.1", 0)
        sender = Sender(Targets(anywhere=True), time.time)
        async with server:
            answer = await sender.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {}, b"{}")
            await sender.close()
        return answer

    answer = asyncio.run(run())
    assert answer.accepted
    assert answer.seconds < 5


def test_nobody_there_is_said_so() -> None:
    with receiving() as receiver:
        url = receiver.url
    answer = send(url, Targets(anywhere=True))
    assert (answer.error, answer.away) == ("the connection was refused", True)


def test_an_error_does_not_tell_what_a_name_stands_for() -> None:
    with receiving() as receiver:
        port = receiver.server_address[1]
    for targets in (
        Targets(resolve=standing_for("10.1.2.3")),
        Targets(anywhere=True, resolve=standing_for("127.0.0.1")),
    ):
        error = send(f"https://hooks.example:{port}/", targets).error
        assert error is not None
        assert "10.1" not in error
        assert "127.0" not in error


def certificate(name: str, folder: Path) -> ssl.SSLContext:
    """What a server of this name shows; nobody vouches for it. The certificate lies in the folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    return context


def test_a_certificate_has_to_be_good_and_of_the_name_that_was_subscribed(tmp_path: Path) -> None:
    """The connection is to an address, what is asked for is the name."""
    server = certificate("hooks.example", tmp_path)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate"))
    with receiving(tls=server) as receiver:
        port = receiver.server_address[1]

        def sent(name: str, tls: ssl.SSLContext | None) -> Answer:
            targets = Targets(allowed=["127.0.0.1"], resolve=standing_for("127.0.0.1"))
            return send(f"https://{name}:{port}/", targets, tls=tls)

        for name, tls in (("hooks.example", None), ("other.example", trusting)):  # nobody vouches for it; not its name
            error = sent(name, tls).error
            assert error is not None
            assert error.startswith("the certificate is not good")
        assert receiver.seen == []
        assert sent("hooks.example", trusting).accepted


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("", 0.0),
        ("-5", 0.0),
        ("soon", 0.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0),
        ("Thu, 01 Jan 1970 00:00:10 GMT", 0.0),
        ("999999999999", 0.0),
        ("9999999", 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, 60.0) == seconds
