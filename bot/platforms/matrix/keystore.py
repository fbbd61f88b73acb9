"""Where a device's keys are: nio's tables, which are not asked for what is known already."""

from nio.crypto import OlmDevice
from nio.store import SqliteStore


class KeyStore(SqliteStore):  # type: ignore[misc]  # nio comes without types
    """nio's store; whether a device counts is read off the device.

    nio keeps that in both places, and asks its database at each event that it decrypts, and for
    each device that is to have a key: three statements, which take longer than all the rest.
    What could not be written down is not set on the device either, so it never counts too much.
    """

    def is_device_verified(self, device: OlmDevice) -> bool:
        """Say whether a device counts."""
        return bool(device.verified)

    def is_device_blacklisted(self, device: OlmDevice) -> bool:
        """Say whether a device is to have no keys."""
        return bool(device.blacklisted)

    def is_device_ignored(self, device: OlmDevice) -> bool:
        """Say whether it does not matter if a device counts."""
        return bool(device.ignored)
