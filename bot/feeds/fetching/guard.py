"""Keeping the fetcher out of private networks, at the moment of connecting.

Checking addresses before the request leaks: through redirects, through names that resolve
differently the second time, and through numeric hosts, for which no resolver is asked. The
connector's socket factory sees each address that is really connected to, and nothing comes after.
"""

import errno
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from aiohttp import AddrInfoType, SocketFactoryType

Network = IPv4Network | IPv6Network

USUAL_PORTS = frozenset((80, 443, 8080, 8443))
"""Where the web is. A feed's own address may name another, nobody else may."""

# IPv6 ranges that carry an IPv4 address in their last 32 bits; Python calls some of them global.
_CARRIERS = (
    IPv6Network("64:ff9b::/96"),  # NAT64 (RFC 6052)
    IPv6Network("::/96"),  # IPv4-compatible, given up
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated (RFC 2765)
)
_GLOBAL = IPv6Network("2000::/3")
"""All that is given out of IPv6 for the public; the rest is reserved, local or carries IPv4."""
_ISATAP = (0x00005EFE, 0x02005EFE)
"""The upper half of an interface identifier that ends with an IPv4 address (RFC 5214)."""


class RefusedAddressError(OSError):
    """The address is not one of the public internet."""

    def __init__(self) -> None:
        # The same words each time: where every address of a host is refused, the connector then
        # raises this and not a summary of its own.
        super().__init__(errno.EACCES, "the address is not public")


def guarded_sockets(allow_networks: tuple[Network, ...]) -> SocketFactoryType:
    """Give a socket factory for aiohttp's connector that refuses addresses that are not public.

    `allow_networks` opens private ranges. The factory raises RefusedAddressError.
    """

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_allowed(str(address[0]), allow_networks):
            raise RefusedAddressError
        return socket.socket(family, kind, protocol)

    return make


def is_allowed(host: str, allow_networks: tuple[Network, ...]) -> bool:
    """Whether a numeric address may be connected to: it is public, or in one of the networks."""
    try:
        address = _plain(ip_address(host))
    except ValueError:
        return False
    if any(address in network for network in allow_networks):
        return True
    if isinstance(address, IPv6Address):
        if address not in _GLOBAL:
            return False
        inside = _tunnelled(address)
        if inside is not None and not is_allowed(str(inside), allow_networks):
            return False
    return address.is_global and not address.is_multicast


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Give the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if any(address in carrier for carrier in _CARRIERS) and int(address) > 1:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _tunnelled(address: IPv6Address) -> IPv4Address | None:
    """Give the IPv4 address of the machine that a tunnel within a site leads to."""
    upper = int(address) >> 32 & 0xFFFFFFFF
    return IPv4Address(int(address) & 0xFFFFFFFF) if upper in _ISATAP else None
