"""Connections to where an operator says, but not by mistake or by somebody's trick to what is inside the network."""

import socket
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Clouds answer there with credentials of the machine, although the addresses are public ones by their numbers.
_METADATA = frozenset(map(ip_address, ("168.63.129.16", "192.0.0.192")))
_NAT64 = ip_network("64:ff9b::/96")


class Internal(OSError):
    """A name stands for addresses that may not be reached from here."""


def networks(text: str) -> tuple[Network, ...]:
    """From a list with commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def connect(host: str, port: int, timeout: float, allowed: Sequence[Network]) -> socket.socket:
    """To a public address or one of the allowed networks: the very address that was looked at is the one connected to."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    fit = [each for each in found if may_reach(ip_address(each[4][0]), allowed)]
    if not fit:
        raise Internal(f"{host} is inside: its network is not among those allowed")
    return _first(fit, timeout)


def may_reach(address: Address, allowed: Iterable[Network]) -> bool:
    if any(address in network for network in allowed):
        return True
    return all(each.is_global and not each.is_multicast and each not in _METADATA for each in _meant(address))


def _meant(address: Address) -> Iterator[Address]:
    """The address, and those that it would be translated to on its way."""
    yield address
    if isinstance(address, IPv6Address):
        teredo = address.teredo or ()
        yield from (each for each in (address.ipv4_mapped, address.sixtofour, *teredo) if each)
        if address in _NAT64:
            yield IPv4Address(int(address) & 0xFFFFFFFF)


def _first(found: Sequence[tuple[int, int, int, str, tuple]], timeout: float) -> socket.socket:  # type: ignore[type-arg]
    """As socket.create_connection, which would look the name up once more."""
    for number, (family, kind, protocol, _, address) in enumerate(found, start=1):
        connection = socket.socket(family, kind, protocol)
        connection.settimeout(timeout)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            if number == len(found):
                raise
        else:
            return connection
    raise OSError("there is no address")
