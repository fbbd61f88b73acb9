"""Reactions to the mark, invitations, leaving and removal reach the inbox, each as what it is."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.mention import DEFAULT_TEAM, Channel, Invocation
from bot.platforms.slack.agreed import MARK
from tests.platforms.slack.town import Ears, Town, json_of, listening, settings
from tests.slackserver.control import SlackServer
from tests.slackserver.server import slack
from tests.slackserver.state import Kind


@dataclass(frozen=True, slots=True)
class Post:
    """A workspace with Slack's side of the bot in it, whose inbox is looked into."""

    server: SlackServer
    ears: Ears
    anna: str
    hall: str

    async def told(self) -> None:
        """Wait until all that Slack sent was taken."""
        for each in self.server.deliveries():
            assert await each.finished()


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with slack(retry_delays=(0.0, 0.1, 0.1), ack_limit=0.5) as server:
        anna = server.add_user("anna")
        hall = server.add_channel("hall", [anna])
        async with listening(settings(tmp_path, server)) as ears:
            await server.until(lambda: server.socket.connections, within=10)
            yield Post(server, ears, anna, hall)


async def test_a_person_who_touches_the_mark_is_told_with_the_message(post: Post) -> None:
    ts = post.server.say(post.hall, post.anna, "Acme Cam")
    post.server.react(post.hall, ts, post.anna, MARK)
    await post.told()
    (given,) = post.ears.marked
    place = Channel("slack", post.hall, private=True)
    assert given == Invocation(place, given.id, post.anna, "", ts, on=ts)
    assert given.id.startswith("Ev")
    assert post.ears.commands == []


async def test_other_emoji_and_marks_on_the_bots_own_messages_are_left_alone(post: Post) -> None:
    ts = post.server.say(post.hall, post.anna, "Acme Cam")
    post.server.react(post.hall, ts, post.anna, "eyes")
    post.server.react(post.hall, ts, post.server.bot_user, MARK)
    post.server.unreact(post.hall, ts, post.server.bot_user, MARK)
    own = post.server.say(post.hall, post.server.bot_user, "A card")
    post.server.react(post.hall, own, post.anna, MARK)
    await post.told()
    assert post.ears.marked == []


@pytest.mark.parametrize(("kind", "shared"), [("public", True), ("private", False)])
async def test_an_invitation_is_told_with_who_invited_and_what_channel_it_is(
    post: Post, kind: Kind, *, shared: bool
) -> None:
    attic = post.server.add_channel("attic", with_app=False, kind=kind, ext_shared=shared)
    post.server.invite(attic, by=post.anna)
    post.server.invite(attic, post.server.add_user("ben"), by=post.anna)
    await post.told()
    ((channel, event, by),) = post.ears.joined
    assert (channel, by) == (Channel("slack", attic, private=kind == "private"), post.anna)
    assert channel.external is shared
    assert event.startswith("Ev")


async def test_a_channel_that_slack_says_nothing_of_is_taken_for_a_private_one(post: Post) -> None:
    attic = post.server.add_channel("attic", with_app=False)
    post.server.fault("conversations.info", "500")
    post.server.invite(attic, by=post.anna)
    await post.told()
    ((channel, _, _),) = post.ears.joined
    assert channel == Channel("slack", attic, private=True)


@pytest.mark.parametrize("kind", ["public", "private"])
async def test_leaving_archiving_and_deleting_are_all_the_end_of_a_channel(
    post: Post, kind: Kind
) -> None:
    channels = [
        post.server.add_channel(
            name, [post.anna], kind="private" if kind == "private" else "public"
        )
        for name in ("left", "archived", "deleted")
    ]
    post.server.kick(channels[0])
    post.server.archive(channels[1])
    post.server.delete_channel(channels[2])
    post.server.kick(post.hall, post.anna)
    await post.told()
    private = kind == "private"
    expected = {Channel("slack", each, private=private) for each in channels}
    assert set(post.ears.left) == expected


async def test_an_uninstalled_app_is_told_once_for_its_own_workspace(post: Post) -> None:
    post.server.uninstall()
    await post.told()
    assert post.ears.removed
    assert set(post.ears.removed) == {("slack", DEFAULT_TEAM)}


async def test_what_is_said_in_a_shared_channel_says_so(post: Post) -> None:
    shared = post.server.add_channel("shared", [post.anna], ext_shared=True)
    post.server.say(shared, post.anna, "Acme Cam")
    post.server.say(post.hall, post.anna, "Acme Cam")
    await post.told()
    assert {each.channel.id: each.channel.external for each in post.ears.heard} == {
        shared: True,
        post.hall: False,
    }


async def test_a_home_tab_that_could_not_be_kept_is_asked_for_again(post: Post) -> None:
    post.ears.full = True
    post.server.open_home(post.anna)
    await post.server.until(lambda: post.server.deliveries()[0].attempts)
    post.ears.full = False
    await post.told()
    (given,) = post.ears.commands
    assert given.line == "vendor overview"
    assert given.reply_to == f"home:{post.anna}"
    assert given.channel == Channel("slack", post.anna, private=True)


async def test_a_form_that_could_not_be_kept_is_not_acknowledged(post: Post) -> None:
    assert await post.server.slash(post.anna, post.hall, "/vendor").finished()
    (form,) = post.server.modals_of(post.anna)
    post.ears.full = True
    delivery = post.server.submit(form["id"], {"value": "Acme Cam"})
    assert not await delivery.finished()
    assert post.server.modals_of(post.anna)


async def test_a_window_whose_command_is_lost_says_so(post: Post) -> None:
    post.ears.full = True
    delivery = post.server.slash(post.anna, post.hall, "/vendor", "record acme-cam")
    assert not await delivery.finished()
    (window,) = post.server.modals_of(post.anna)
    assert "nothing was done" in json_of(window["blocks"])


async def marked(town: Town) -> str:
    """Have the bot put its mark on a message, and touch it."""
    place = Channel("slack", town.hall)
    await town.app.store.choose(place.key, {"mode": "react"}, "anna", town.app.clock())
    ts = town.server.say(town.hall, town.anna, "Acme Cam")
    await town.server.until(lambda: town.server.reactions(town.hall, ts), within=10)
    town.server.react(town.hall, ts, town.anna, MARK)
    return ts


async def test_whoever_touches_the_mark_sees_the_card_and_nobody_else_does(town: Town) -> None:
    ts = await marked(town)
    await town.server.until(lambda: town.server.ephemerals(town.anna), within=10)
    (card,) = town.server.ephemerals(town.anna)
    assert card["text"].startswith("Acme Cam: ")
    assert card["thread_ts"] == ts
    assert town.server.posted(town.hall) == []


async def test_a_card_that_slack_shows_nobody_alone_is_a_line_in_the_thread(town: Town) -> None:
    town.server.fault("chat.postEphemeral", "error", error="user_not_in_channel", times=None)
    ts = await marked(town)
    assert (await town.posts(1))[0].startswith("Acme Cam: ")
    (posted,) = town.server.posted(town.hall)
    assert posted["thread_ts"] == ts
    assert "actions" not in {block["type"] for block in posted["blocks"]}
