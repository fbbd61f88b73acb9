"""Where the bot listens: by decision first, then by the rule of the place."""

import pytest

from bot.core.mention import Channel
from bot.core.places import Listening, Watch, listens

OWN = Channel("slack", "C1")
SHARED = Channel("slack", "C2", external=True)


@pytest.mark.parametrize("channel", [OWN, SHARED])
@pytest.mark.parametrize("watch", Watch)
def test_what_was_decided_holds_everywhere(channel: Channel, watch: Watch) -> None:
    assert listens(channel, Listening.ON, watch)
    assert not listens(channel, Listening.OFF, watch)


@pytest.mark.parametrize(
    ("channel", "watch", "heard"),
    [
        (OWN, Watch.ON_INVITE, True),
        (OWN, Watch.ON_APPROVAL, False),
        (SHARED, Watch.ON_INVITE, False),
        (SHARED, Watch.ON_APPROVAL, False),
    ],
)
def test_where_nobody_decided_only_an_own_channel_is_heard_and_only_on_invite(
    channel: Channel, watch: Watch, heard: bool
) -> None:
    assert listens(channel, None, watch) is heard
