"""Where a device's keys are: nio's tables, which are not asked for what is known already."""

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from nio.crypto import OlmDevice
from nio.store import SqliteStore


class KeyStore(SqliteStore):  # type: ignore[misc]  # nio comes without types
    """nio's store; whether a device counts is read off the device.

    nio keeps that in both places, and asks its database at each event that it decrypts, and for
    each device that is to have a key: three statements, which take longer than all the rest.
    What could not be written down is not set on the device either, so it never counts too much.
    """

    def _create_database(self) -> Any:
        made = super()._create_database()
        # For each call all tables are bound to this database. That those they refer to are among
        # them need not be worked out each time: it is half of what a call costs.
        made.bind_ctx = partial(made.bind_ctx, bind_refs=False, bind_backrefs=False)
        return made

    def at_once(self) -> AbstractContextManager[object]:
        """Write what a block brings at its end: nio waits for the disk at each key.

        Nothing in the block may be awaited; what is sent because of it is sent after it.
        """
        made: AbstractContextManager[object] = self.database.atomic()
        return made

    def is_device_verified(self, device: OlmDevice) -> bool:
        """Say whether a device counts."""
        return bool(device.verified)

    def is_device_blacklisted(self, device: OlmDevice) -> bool:
        """Say whether a device is to have no keys."""
        return bool(device.blacklisted)

    def is_device_ignored(self, device: OlmDevice) -> bool:
        """Say whether it does not matter if a device counts."""
        return bool(device.ignored)
