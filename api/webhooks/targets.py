"""Where webhooks may go: public addresses over https, and what the settings allow beyond that.

A name is resolved, every address that it stands for is checked, and the connection goes to a checked address and no other:
what the name stands for a moment later does not matter.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

import httpcore2
from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

from api.errors import BadRequest

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

LONGEST = 2_000  # characters of a URL
PORTS = {"https": 443, "http": 80}

# What is not of the public internet: IANA's special-purpose registries (RFC 6890) and multicast; and three that look public.
INSIDE = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # shared by carriers; metadata of some clouds
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "168.63.129.16/32",  # the virtual machine's host in one cloud
            "::/8",  # unspecified, loopback, and v4 in forms that are looked into below
            "64:ff9b:1::/48",
            "100::/64",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
            "5f00::/16",
            "fc00::/7",  # unique local; metadata of one cloud
            "fe80::/10",
            "fec0::/10",
            "ff00::/8",
        ),
    )
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class TargetRefused(BadRequest):
    """A URL that webhooks are not sent to."""

    code = "target-refused"
    title = "Webhooks are not sent there"


class Target(NamedTuple):
    """A URL in the parts that are used; nobody reads it a second time, in another way."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> httpcore2.URL:
        """For the client."""
        return httpcore2.URL(scheme=self.scheme, host=self.host, port=self.port, target=self.path)


def parsed(url: str) -> Target:
    """The parts of a URL. TargetRefused where it is none that could be a target."""
    if len(url) > LONGEST or not re.fullmatch(r"[A-Za-z]+://[!#-;=?-\[\]_a-z~]+", url):
        raise _refused(f"is no URL of at most {LONGEST} characters that RFC 3986 allows")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise _refused("has no host, or a port that there is not") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise _refused("has to begin with https://")
    if parts.username is not None or parts.password is not None or "#" in url:
        raise _refused("must hold neither a user nor a fragment: the signature tells the receiver who sends")
    if not host or port == 0 or not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        raise _refused("has no host, or a port that there is not")
    return Target(scheme, host, port or PORTS[scheme], (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def inside(address: Address) -> bool:
    """Whether an address is of no public network, in whichever form it is written."""
    if isinstance(address, IPv6Address):
        within = address.ipv4_mapped or address.sixtofour
        if within is None and address in NAT64:
            within = IPv4Address(int(address) & 0xFFFFFFFF)
        if within is not None:
            return inside(within)
    return any(address in network for network in INSIDE if network.version == address.version)


class Targets:
    """Decides where webhooks may go."""

    def __init__(self, *, anywhere: bool = False, allowed: Iterable[str] = (), resolve: Resolve | None = None) -> None:
        """`anywhere`: also inside, and without TLS. `allowed`: addresses, networks and names where that may be."""
        self._anywhere = anywhere
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        self._names: set[str] = set()
        for entry in allowed:
            try:
                self._networks.append(ipaddress.ip_network(entry.strip(), strict=False))
            except ValueError:
                self._names.add(_name(entry))
        self._resolve = resolve or look_up
        # Threads of its own: a name server that does not answer must hold up nothing else.
        self._threads = ThreadPoolExecutor(8, "jejak-names")

    async def addresses(self, host: str, port: int, *, plain: bool) -> list[str]:
        """What a host stands for, all of it checked. TargetRefused where it must not be reached; OSError: not found."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, self._resolve, host, port)
        if not found:
            raise OSError(f"no address for {host}")
        for text in found:
            if not self.may(host, ipaddress.ip_address(text), plain=plain):
                raise _refused(
                    "has to begin with https://; JEJAK_WEBHOOK_ALLOW can name hosts to be reached without TLS"
                    if plain
                    else "leads inside the network; JEJAK_WEBHOOK_ALLOW can name hosts and networks where it may"
                )
        return list(found)

    def may(self, host: str, address: Address, *, plain: bool) -> bool:
        """Whether this address may be reached under this name."""
        if self._anywhere or _name(host) in self._names:
            return True
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        bare = mapped or address
        if any(bare in network for network in self._networks if network.version == bare.version):
            return True
        return not plain and not inside(address)

    async def check(self, url: str) -> Target:
        """A URL that somebody wants sent to. TargetRefused where it is none, is not found, or must not be reached."""
        target = parsed(url)
        try:
            await self.addresses(target.host, target.port, plain=target.scheme == "http")
        except (OSError, UnicodeError):
            raise _refused(f"names a host that cannot be found: {target.host}") from None
        return target

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Pinned(AsyncNetworkBackend):
    """Connects to checked addresses only. TLS still asks for the name, so that a certificate has to be for it."""

    def __init__(self, targets: Targets, *, plain: bool) -> None:
        self._targets = targets
        self._plain = plain
        self._network = cast("AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """A connection to the first of the host's addresses that answers."""
        refused: Exception = OSError("no address")
        async with asyncio.timeout(timeout):
            for address in await self._targets.addresses(host, port, plain=self._plain):
                try:
                    return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
                except httpcore2.ConnectError as error:
                    refused = error
        raise refused

    async def connect_unix_socket(self, *_: Any, **__: Any) -> AsyncNetworkStream:
        """Never: no target is one."""
        raise OSError("webhooks are not sent to sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of a host as the system resolves it, each once, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]).split("%")[0] for entry in found))


def _name(host: str) -> str:
    return host.strip().rstrip(".").lower()


def _refused(why: str) -> TargetRefused:
    return TargetRefused(f"url {why}", pointer="/url")
