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

# IPv6 ranges that carry an IPv4 address in their last 32 bits; Python calls them global.
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")


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
    if isinstance(address, IPv6Address) and address in _LOCAL_NAT64:
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
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
