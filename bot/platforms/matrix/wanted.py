"""What a sync is to bring, and no more: the filters. Pure.

https://spec.matrix.org/v1.18/client-server-api/#filtering
"""

import json
from collections.abc import Mapping

_NOTHING: Mapping[str, list[str]] = {"types": []}
_STATE = (
    "m.room.create",
    "m.room.member",
    "m.room.power_levels",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.encryption",
    "m.room.tombstone",
)
_SAID = (
    "m.room.message",
    "m.room.encrypted",
    "m.room.redaction",
    "m.reaction",
    "m.sticker",
    "m.poll.start",
    "org.matrix.msc3381.poll.start",
)
INVITATIONS = json.dumps(
    {
        "presence": _NOTHING,
        "account_data": _NOTHING,
        "room": {
            "timeline": {"limit": 1, **_NOTHING},
            "state": _NOTHING,
            "ephemeral": _NOTHING,
            "account_data": _NOTHING,
        },
    }
)
"""Nothing of any room that the account is in; invitations come with every sync."""


def news(limit: int) -> str:
    """Want what the bot reads of its rooms, at most `limit` events of each."""
    lazy = {"lazy_load_members": True}
    return json.dumps(
        {
            "presence": _NOTHING,
            "account_data": {"types": ["m.direct"]},
            "room": {
                "timeline": {"limit": limit, "types": [*_STATE, *_SAID], **lazy},
                "state": {"types": list(_STATE), **lazy},
                "ephemeral": _NOTHING,
                "account_data": _NOTHING,
            },
        }
    )


def said(*, members: bool) -> str:
    """Want what was said in a room; with `members` who came and went as well."""
    return json.dumps({"types": [*_SAID, "m.room.member"] if members else list(_SAID)})
