"""What Slack delivers is read as what it means: once, for the right channel, never of the bot's."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.addresses import links
from bot.core.mention import Channel, Invocation, Message
from bot.platforms.slack.agreed import ALERT
from bot.platforms.slack.events import read
from bot.platforms.slack.told import (
    Asked,
    Begun,
    Deleted,
    Edited,
    Event,
    Heard,
    Joined,
    Left,
    Marked,
    Me,
    Nothing,
    Opened,
    Removed,
    Submitted,
)
from bot.platforms.slack.values import moment, team_of
from bot.platforms.slack.where import Response, Window, read_where
from tests.platforms.slack.payloads import (
    ANNA,
    APP,
    BEN,
    BOT,
    BOT_USER,
    DIRECT,
    GENERAL,
    GROUP,
    LATER,
    ME,
    PARENT,
    RSS_APP,
    RSS_BOT,
    SECRET,
    TEAM,
    TS,
    Body,
    app_mention,
    bot_message,
    button,
    changed,
    deleted,
    direct,
    edited,
    envelope,
    every,
    file_share,
    form_filled,
    forwarded,
    home_button,
    home_opened,
    joined,
    message,
    message_replied,
    of_channel,
    own_alert,
    post,
    preview,
    reacted,
    shortcut,
    slash,
    thread_broadcast,
    tokens_revoked,
    tombstone,
    unfurled,
    window_button,
)
from tests.platforms.slack.test_text import json_values

T = TypeVar("T")

PUBLIC = Channel("slack", GENERAL)
AT = datetime(2024, 4, 5, 19, 34, 38, 100, tzinfo=UTC)


def read_as(kind: type[T], body: Body, me: Me = ME) -> T:
    """Read a body that must be of this kind."""
    event: Event = read(body, me)
    assert isinstance(event, kind), event
    return event


def line_of(body: Body, me: Me = ME) -> str:
    return read_as(Asked, body, me).invocation.line


# Messages


def test_what_a_person_says_is_heard() -> None:
    said = Message(PUBLIC, TS, ANNA, "Argus & Sons", AT)
    assert read(message("Argus &amp; Sons"), ME) == Heard(said, "Ev0000001", TEAM)


def test_a_reply_names_its_thread() -> None:
    assert read_as(Heard, message("Argus", thread_ts=PARENT)).message.thread == PARENT


@pytest.mark.parametrize("thread", [TS, "", None, "yesterday", 7])
def test_what_begins_a_thread_is_in_none(thread: object) -> None:
    assert read_as(Heard, message("Argus", thread_ts=thread)).message.thread is None


@pytest.mark.parametrize(
    "body",
    [thread_broadcast("Argus"), message("Argus", subtype="me_message"), file_share("Argus")],
)
def test_every_way_to_say_something_is_heard(body: Body) -> None:
    said = read_as(Heard, body).message
    assert (said.id, said.author) == (TS, ANNA)
    assert said.text.startswith("Argus")


def test_a_broadcast_has_the_id_and_the_thread_of_the_reply_that_it_is() -> None:
    said = read_as(Heard, thread_broadcast("Argus")).message
    assert (said.id, said.thread, said.text) == (TS, PARENT, "Argus")


def test_a_files_title_and_a_forwarded_message_are_heard() -> None:
    assert (
        read_as(Heard, file_share("", title="Argus offer")).message.text == "Argus offer\noffer.pdf"
    )
    body = message("", attachments=[forwarded("Argus again"), preview()])
    assert read_as(Heard, body).message.text == "Argus again"


def test_the_addresses_of_a_heard_message_can_be_found() -> None:
    said = read_as(Heard, message("<http://www.argus.example/a/?utm_source=x|argus.example/a>"))
    assert links(said.message.text) == ("https://argus.example/a",)


@pytest.mark.parametrize(
    ("channel", "kind", "private"),
    [
        (GENERAL, "channel", False),
        (SECRET, "group", True),
        (GROUP, "mpim", True),
        (GROUP, "channel", True),
        (SECRET, "", True),
        (SECRET, "something new", True),
    ],
)
def test_a_channel_is_private_unless_it_is_said_to_be_public(
    channel: str, kind: str, *, private: bool
) -> None:
    heard = read_as(Heard, message("Argus", channel, kind))
    assert heard.message.channel == Channel("slack", channel, private=private)


def test_a_channel_that_another_organisation_shares_is_told() -> None:
    body = {**message("Argus"), "is_ext_shared_channel": True}
    assert read_as(Heard, body).message.channel.external
    assert not read_as(Heard, message("Argus")).message.channel.external
    for kind, shared in ((Edited, edited("Argus", "x")), (Deleted, deleted()), (Joined, joined())):
        event = read({**shared, "is_ext_shared_channel": True}, ME)
        assert isinstance(event, kind)
        channel = event.message.channel if isinstance(event, Edited) else event.channel
        assert channel.external


@pytest.mark.parametrize(
    "subtype",
    [
        *("channel_join", "channel_leave", "channel_topic", "channel_name", "pinned_item"),
        *(
            "huddle_thread",
            "bot_add",
            "message_replied",
            "tombstone",
            "ekm_access_denied",
            "new one",
        ),
    ],
)
def test_what_is_no_speech_is_nothing(subtype: str) -> None:
    read_as(Nothing, message("Argus", subtype=subtype))


@pytest.mark.parametrize(
    "body",
    [
        message("Argus", hidden=True),
        message_replied("Argus"),
        message(""),
        message(" \n"),
        message("", attachments=[preview()]),
        message("Argus", user=None),
        message("Argus", user="anna@argus.example"),
        message("Argus", channel=None),
        message("Argus", channel="#general"),
        message("Argus", user="USLACKBOT"),
        envelope({}),
        of_channel("reaction_added", user=ANNA, item={"type": "message", "channel": GENERAL}),
    ],
)
def test_what_nobody_said_anywhere_is_nothing(body: Body) -> None:
    read_as(Nothing, body)


# Bots


def test_a_listed_bot_is_heard() -> None:
    said = read_as(Heard, bot_message("Argus wins tender")).message
    assert (said.author, said.text) == (RSS_BOT, "Argus wins tender")


@pytest.mark.parametrize(
    "bot",
    [
        {"bot_id": "B0CI", "app_id": "A0CI"},
        {"bot_id": "B0CI", "user": "U0CI", "subtype": None},
        {"bot_id": None, "app_id": None},
        {"bot_id": None, "app_id": None, "user": ANNA},
        {"bot_id": None, "app_id": "A0CI", "bot_profile": {"app_id": "A0CI"}},
    ],
)
def test_other_bots_are_not_heard(bot: Body) -> None:
    read_as(Nothing, bot_message("Argus", **bot))


@pytest.mark.parametrize(
    "profile", [{"app_id": RSS_APP}, {"app_id": None, "bot_profile": {"app_id": RSS_APP}}]
)
def test_a_bot_may_be_listed_by_its_app(profile: Body) -> None:
    me = Me(BOT_USER, BOT, APP, frozenset({RSS_APP}))
    read_as(Heard, bot_message("Argus", bot_id="B0CHANGED", **profile), me)


EVERY_BOT = Me(BOT_USER, BOT, APP, frozenset({BOT, APP, BOT_USER, RSS_BOT, RSS_APP, ""}))


@pytest.mark.parametrize(
    "mark",
    [
        {"user": BOT_USER},
        {"bot_id": BOT},
        {"app_id": APP},
        {"bot_profile": {"app_id": APP}},
        {"metadata": {"event_type": ALERT, "event_payload": {}}},
    ],
)
def test_the_bot_never_hears_itself_even_if_it_is_listed(mark: Body) -> None:
    for body in (message("Argus", **mark), app_mention(f"<@{BOT_USER}> Argus", **mark)):
        assert read(body, EVERY_BOT) == Nothing("the bot's own")
    now, before = post("Argus now", **mark), post("Argus", **mark)
    assert read(changed(now, before), EVERY_BOT) == Nothing("the bot's own")
    assert read(deleted(previous_message=before), EVERY_BOT) == Nothing("the bot's own")
    assert read(direct("Argus", **mark), EVERY_BOT) == Nothing("the bot's own")


def test_the_bots_alerts_are_known_by_their_metadata_alone() -> None:
    assert read(own_alert("Argus"), ME) == Nothing("the bot's own")


def test_an_unknown_own_id_makes_nobody_the_bot() -> None:
    read_as(Heard, message("Argus", app_id=""), Me("", "", ""))
    read_as(Heard, message("Argus <@>"), Me("", "", ""))
    read_as(Nothing, joined(""), Me("", "", ""))


@pytest.mark.parametrize(
    "body",
    [
        app_mention(f"<@{BOT_USER}> Argus", bot_id=RSS_BOT),
        app_mention(f"<@{BOT_USER}> Argus", subtype="bot_message", bot_id=RSS_BOT, user=None),
        bot_message("Argus", channel=DIRECT, channel_type="im"),
    ],
)
def test_a_bot_gives_no_commands(body: Body) -> None:
    read_as(Nothing, body)
    heard = read_as(Heard, bot_message(f"<@{BOT_USER}> vendor list"))
    assert heard.message.text == f"@{BOT_USER} vendor list"


# Edits and deletions


def test_an_edit_keeps_the_id_and_the_time_of_the_message() -> None:
    said = Message(PUBLIC, TS, ANNA, "Argus", AT)
    assert read(edited("Argus", "Arguss"), ME) == Edited(said, "Ev0000001", TEAM)


def test_an_edit_of_what_the_text_does_not_say_counts_too() -> None:
    before, now = ({"files": [{"title": title}]} for title in ("offer", "Argus offer"))
    event = read_as(Edited, changed(post("", **now), post("", **before)))
    assert event.message.text == "Argus offer"


def test_an_edit_in_a_thread_names_the_thread() -> None:
    body = changed(post("Argus", thread_ts=PARENT), post("x", thread_ts=PARENT))
    assert read_as(Edited, body).message.thread == PARENT


@pytest.mark.parametrize(
    "body",
    [
        unfurled("see <https://news.example/cameras>"),
        changed(post("Argus", reply_count=1, thread_ts=TS), post("Argus")),
        changed(post("Argus", edited={"user": ANNA, "ts": LATER}), post("Argus")),
        changed(post("Argus", attachments=[preview()]), None),
        changed(
            post("Argus", attachments=[preview(title="x")]), post("Argus", attachments=[preview()])
        ),
    ],
)
def test_a_preview_or_a_reply_is_no_edit(body: Body) -> None:
    assert read(body, ME) == Nothing("the words are the same")


def test_an_edit_without_what_was_there_before_is_believed_if_it_is_marked_as_one() -> None:
    body = changed(post("Argus", edited={"user": ANNA, "ts": LATER}), None)
    assert read_as(Edited, body).message.text == "Argus"


def test_a_listed_bot_may_edit_and_others_may_not() -> None:
    now, before = (post(text, subtype="bot_message", bot_id=RSS_BOT, user=None) for text in "ab")
    assert read_as(Edited, changed(now, before)).message.author == RSS_BOT
    read_as(Nothing, changed({**now, "bot_id": "B0CI"}, {**before, "bot_id": "B0CI"}))


def test_an_edited_command_is_neither_searched_nor_asked_again() -> None:
    read_as(Nothing, edited(f"<@{BOT_USER}> Argus", f"<@{BOT_USER}> Arguss"))
    read_as(Nothing, edited("Argus", "Arguss", channel=DIRECT, channel_type="im"))


def test_a_deletion_names_the_message_that_is_gone() -> None:
    assert read(deleted(), ME) == Deleted(PUBLIC, TS, "Ev0000001", TEAM)
    assert read_as(Deleted, deleted(deleted_ts=None)).message_id == TS
    read_as(Nothing, deleted(deleted_ts="", previous_message=None))


def test_a_deleted_message_with_answers_is_gone_as_well() -> None:
    assert read(tombstone(), ME) == Deleted(PUBLIC, TS, "Ev0000001", TEAM)


# Commands as messages


def test_a_post_that_only_mentions_the_bot_on_the_way_is_heard_like_any_other() -> None:
    text = f"Argus is back in the news, cc <@{BOT_USER}>"
    assert read_as(Heard, message(text)).message.text.startswith("Argus is back")
    assert isinstance(read(app_mention(text), ME), Nothing)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<@{me}> argus", "vendor argus"),
        ("<@{me}|vendorwatch> argus", "vendor argus"),
        ("<@{me}>: argus", "vendor argus"),
        ("<@{me}>,\u00a0argus", "vendor argus"),
        ("<@{me}> vendor list", "vendor list"),
        ("<@{me}> Vendor list", "Vendor list"),
        ("<@{me}> watchlist\u00a0add R&amp;D", "watchlist\u00a0add R&D"),
        ("<@{me}> vendors", "vendor vendors"),
        ("<@{me}> <http://argus.example|argus.example>", "vendor argus.example"),
        ("<@{me}> “argus”", "vendor “argus”"),
        ("<@{me}>", "vendor help"),
        (" <@{me}> : ", "vendor help"),
    ],
)
def test_a_mention_is_a_command(text: str, line: str) -> None:
    text = text.replace("{me}", BOT_USER)
    mentioned = Invocation(Channel("slack", GENERAL, private=True), TS, ANNA, line)
    assert read(app_mention(text), ME) == Asked(mentioned, "Ev0000002", TEAM)
    said = Invocation(PUBLIC, TS, ANNA, line)
    assert read(message(text), ME) == Asked(said, "Ev0000001", TEAM)


def test_both_tellings_of_a_mention_are_one_command() -> None:
    text = f"<@{BOT_USER}> argus"
    told = [read_as(Asked, body).invocation for body in (app_mention(text), message(text))]
    assert len({(each.channel.key, each.id) for each in told}) == 1


def test_a_mention_says_nothing_about_the_channel_so_it_counts_as_private() -> None:
    asked = read_as(Asked, app_mention(f"<@{BOT_USER}> argus", SECRET))
    assert asked.invocation.channel.private


def test_a_command_in_a_thread_is_answered_there() -> None:
    asked = read_as(Asked, app_mention(f"<@{BOT_USER}> argus", thread_ts=PARENT))
    assert asked.invocation.thread == PARENT


@pytest.mark.parametrize(
    "text",
    [
        f"&lt;@{BOT_USER}&gt; argus",
        f"<@{BOT_USER}X> argus",
        f"<@{ANNA}> argus",
        f"@{BOT_USER} argus",
    ],
)
def test_what_mentions_somebody_else_is_heard(text: str) -> None:
    read_as(Heard, message(text))


def test_a_mention_in_what_was_forwarded_is_no_command() -> None:
    read_as(Heard, message("look", attachments=[forwarded(f"<@{BOT_USER}> argus")]))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("argus", "vendor argus"),
        ("vendor list", "vendor list"),
        (f"<@{BOT_USER}> argus", "vendor argus"),
        (f"<@{BOT_USER}>", "vendor help"),
        ("a &amp; b", "vendor a & b"),
        ("/vendor argus", "vendor argus"),
        ("/argus", "vendor /argus"),
    ],
)
def test_every_direct_message_is_a_command(text: str, line: str) -> None:
    asked = Invocation(Channel("slack", DIRECT, private=True), TS, ANNA, line)
    assert read(direct(text), ME) == Asked(asked, "Ev0000001", TEAM)
    assert line_of(message(text, DIRECT, "")) == line
    assert line_of(message(text, DIRECT, "app_home")) == line


def test_a_group_of_people_has_to_mention_the_bot() -> None:
    read_as(Heard, message("argus", GROUP, "mpim"))
    assert line_of(message(f"<@{BOT_USER}> argus", GROUP, "mpim")) == "vendor argus"


@pytest.mark.parametrize("body", [direct(""), direct(" "), direct("", files=[{"title": "Argus"}])])
def test_a_direct_message_without_words_is_nothing(body: Body) -> None:
    assert read(body, ME) == Nothing("no words")


# Slash commands


@pytest.mark.parametrize(
    ("command", "text", "line"),
    [
        ("/vendor", "argus", "vendor argus"),
        ("/vendor", "", "vendor"),
        ("/vendor", "  ", "vendor"),
        ("/watchlist", "add “Argus\u00a0Vision”", "watchlist add “Argus\u00a0Vision”"),
        ("/vendorwatch", "status", "vendorwatch status"),
        ("/vendor", "mute R&amp;D in <#C1|general>", "vendor mute R&D in slack:C1"),
        ("/vendor", "<http://argus.example|argus.example>", "vendor argus.example"),
        ("/later", "one", "later one"),
    ],
)
def test_a_slash_command_is_its_word_and_its_text(command: str, text: str, line: str) -> None:
    url = "https://hooks.slack.example/commands/T0NADIR01/1/abc"
    asked = Invocation(PUBLIC, "111.222.abc", ANNA, line, None, url)
    assert read(slash(command, text), ME) == Asked(asked, "111.222.abc", TEAM, "111.222.abc")


@pytest.mark.parametrize(
    ("channel", "name", "private"),
    [
        (GENERAL, "general", False),
        (SECRET, "privategroup", True),
        (DIRECT, "directmessage", True),
        (GROUP, "mpdm-anna--ben--carl-1", True),
        (SECRET, "", True),
        (GENERAL, "privategroups-that-are-public", False),
    ],
)
def test_commands_and_clicks_tell_private_channels_by_their_name(
    channel: str, name: str, *, private: bool
) -> None:
    where = Channel("slack", channel, private=private)
    for body in (
        slash("/vendor", "argus", channel_id=channel, channel_name=name),
        button("vendor argus", channel={"id": channel, "name": name}),
        shortcut("argus", channel={"id": channel, "name": name}),
    ):
        assert read_as(Asked, body).invocation.channel == where


def test_a_command_without_a_trigger_is_still_one_command() -> None:
    def id_of(**changes: object) -> str:
        body = slash("/vendor", "argus", **{"trigger_id": None, **changes})
        return read_as(Asked, body).invocation.id

    assert id_of() == id_of()
    others = {"channel_id": SECRET, "user_id": BEN, "command": "/watchlist", "text": "x"}
    others |= {"team_id": "T0OTHER01", "response_url": "https://hooks.slack.example/2"}
    assert len({id_of(), *(id_of(**{key: value}) for key, value in others.items())}) == 7


@pytest.mark.parametrize(
    "changes",
    [
        *({"user_id": ""}, {"channel_id": "#general"}, {"channel_id": None}, {"command": "vendor"}),
        *({"command": "/"}, {"command": "/a b"}, {"command": 7}),
    ],
)
def test_a_command_from_nobody_or_nowhere_is_nothing(changes: Body) -> None:
    read_as(Nothing, slash("/vendor", "argus", **changes))


@pytest.mark.parametrize(
    "url", ["", None, 7, "file:///etc/passwd", "https://a b", "//x", "https://"]
)
def test_an_answer_goes_to_a_web_address_only(url: object) -> None:
    for body in (slash("/vendor", "a", response_url=url), button("vendor a", response_url=url)):
        assert read_as(Asked, body).invocation.reply_to is None


# Buttons and shortcuts


def test_a_button_gives_its_command() -> None:
    url = "https://hooks.slack.example/actions/T0NADIR01/2/def"
    id_ = "1712345800.123456:333.444.def"
    asked = Invocation(PUBLIC, id_, ANNA, "vendor mute argus for 7d", None, url, on=TS)
    assert read(button("vendor mute argus for 7d"), ME) == Asked(asked, id_, TEAM, "333.444.def")


def test_a_button_that_only_one_person_sees_says_so() -> None:
    container = {"type": "message", "channel_id": GENERAL, "message_ts": TS, "is_ephemeral": True}
    asked = read_as(Asked, button("vendor a", container=container, message=None)).invocation
    url = "https://hooks.slack.example/actions/T0NADIR01/2/def"
    assert read_where(str(asked.reply_to)) == Response(url, hidden=True)
    assert asked.on == TS


def test_a_menu_gives_the_command_that_was_chosen() -> None:
    chosen = {"text": {"type": "plain_text", "text": "7 days"}, "value": "vendor mute argus for 7d"}
    action = {"action_id": "command:1", "type": "overflow", "selected_option": chosen}
    assert (
        line_of(button("", actions=[{"action_id": "open"}, action])) == "vendor mute argus for 7d"
    )


def test_a_buttons_value_is_made_fit_for_the_database() -> None:
    assert line_of(button("vendor a\x00\ud83d")) == "vendor a\ufffd\ufffd"


def test_two_clicks_are_two_commands() -> None:
    first, second = (read_as(Asked, button("a", trigger_id=each)) for each in ("1.a", "2.b"))
    assert first.invocation.id != second.invocation.id
    unnamed = [read_as(Asked, button(line, trigger_id=None)).invocation.id for line in "aab"]
    assert unnamed[0] == unnamed[1] != unnamed[2]


@pytest.mark.parametrize("where", ["message", "container"])
@pytest.mark.parametrize("thread", [PARENT, TS])
def test_a_button_in_a_thread_is_answered_there(where: str, thread: str) -> None:
    plain_ = button("vendor a")
    holder = plain_[where]
    assert isinstance(holder, dict)
    body = {**plain_, where: {**holder, "thread_ts": thread}}
    assert read_as(Asked, body).invocation.thread == thread


def test_an_ephemeral_message_has_a_place_though_it_has_no_text() -> None:
    container = {"type": "message", "channel_id": GENERAL, "message_ts": TS, "is_ephemeral": True}
    body = button("vendor a", container=container, channel=None, message=None)
    assert read_as(Asked, body).invocation.channel.id == GENERAL


def test_a_button_in_the_home_tab_is_in_the_persons_own_conversation() -> None:
    event = read_as(Asked, home_button("vendor unmute 3"))
    assert event.at_home
    assert event.invocation.channel == Channel("slack", ANNA, private=True)
    assert event.invocation.reply_to is None


def test_a_button_in_a_window_is_given_where_the_window_was_opened() -> None:
    event = read_as(Asked, window_button("vendor a"))
    asked = event.invocation
    assert (asked.channel, asked.thread, asked.on) == (PUBLIC, PARENT, TS)
    assert not asked.channel.private
    assert event.stacked
    assert event.trigger
    assert read_where(str(asked.reply_to)) == Window("V0RECORD1", 1, "vendor a", "Record", on=TS)


def test_turning_a_page_asks_again_and_opens_nothing() -> None:
    event = read_as(Asked, window_button("vendor record a", action="page:3"))
    window = Window("V0RECORD1", 3, "vendor record a", "Record", on=TS)
    assert read_where(str(event.invocation.reply_to)) == window
    assert not event.trigger


@pytest.mark.parametrize("action", ["page:0", "page:x", "page:", "page:٣", "pages"])
def test_a_page_that_is_no_number_is_nothing(action: str) -> None:
    read_as(Nothing, window_button("vendor record a", action=action))


def test_a_form_gives_what_was_filled_in_and_where_it_was_opened() -> None:
    event = read_as(Submitted, form_filled({"reason": "too\x00 old"}))
    assert event.begun == Begun(("vendor", "report"), {"vendor": "argus"})
    assert event.values == {"reason": "too\ufffd old"}
    asked = event.invocation
    assert (asked.channel, asked.thread, asked.on, asked.actor) == (PUBLIC, PARENT, TS, ANNA)


def test_a_form_that_is_sent_twice_as_it_stands_is_one_command() -> None:
    def id_of(reason: str, trigger: str, hash_: str = "1.a") -> str:
        body = {**form_filled({"reason": reason}, hash=hash_), "trigger_id": trigger}
        return read_as(Submitted, body).invocation.id

    assert id_of("x", "1.2.a") == id_of("x", "1.2.b")
    assert id_of("x", "1.2.a") != id_of("y", "1.2.a")
    assert id_of("x", "1.2.a") != id_of("x", "1.2.a", "2.b")


def test_what_stood_in_a_form_is_read_with_what_was_chosen_instead() -> None:
    option = {"text": {"type": "plain_text", "text": "in force"}, "value": "in_force"}
    elements: dict[str, dict[str, object]] = {
        "title": {"type": "plain_text_input", "initial_value": "US Entity List"},
        "status": {"type": "static_select", "initial_option": option},
        "sources": {"type": "multi_static_select", "initial_options": [{"value": "a"}, option]},
        "note": {"type": "plain_text_input"},
    }
    blocks = [
        {"type": "input", "block_id": name, "element": {"action_id": "value", **element}}
        for name, element in elements.items()
    ]
    chosen = {"type": "multi_static_select", "selected_options": [{"value": "b"}, {"value": "a"}]}
    none = {"type": "static_select", "selected_option": {"value": "-"}}
    state = {"values": {"sources": {"value": chosen}, "status": {"value": none}}}
    event = read_as(Submitted, form_filled({}, blocks=[{"type": "context"}, *blocks], state=state))
    assert event.values == {"sources": "b, a", "status": ""}
    shown = {"title": "US Entity List", "status": "in_force", "sources": "a, in_force", "note": ""}
    assert event.shown == shown
    assert [*event.values] == ["status", "sources"]
    for each in elements.values():
        for key in ("initial_value", "initial_option", "initial_options"):
            each.pop(key, None)
    blocks = [
        {"type": "input", "block_id": name, "element": each} for name, each in elements.items()
    ]
    assert read_as(Submitted, form_filled({}, blocks=blocks, state=state)).shown == {}


def test_what_was_chosen_from_a_menu_of_a_form_is_its_value() -> None:
    chosen = {"type": "static_select", "selected_option": {"value": "in_force"}}
    state = {"values": {"status": {"value": chosen}, "open": {"value": {"selected_option": None}}}}
    picked = read_as(Submitted, form_filled({}, state=state))
    assert picked.values == {"status": "in_force", "open": ""}


@pytest.mark.parametrize(
    "changes", [{"callback_id": "other"}, {"private_metadata": "{"}, {"state": {}}]
)
def test_another_window_is_no_form(changes: Body) -> None:
    read_as(Nothing, form_filled({"reason": "x"}, **changes))


# Reactions


def test_a_mark_that_somebody_touches_names_the_message() -> None:
    asked = Invocation(PUBLIC, "Ev0000001", ANNA, "", TS, on=TS)
    event = read_as(Marked, reacted())
    assert (event.invocation.channel.id, event.invocation.id) == (GENERAL, "Ev0000001")
    assert replace(event.invocation, channel=PUBLIC) == asked


@pytest.mark.parametrize(
    "changes",
    [
        {"reaction": "eyes"},
        {"user": BOT_USER},
        {"user": "USLACKBOT"},
        {"user": None},
        {"item_user": BOT_USER},
        {"item": {"type": "file", "file": "F1"}},
        {"item": {"type": "message", "channel": GENERAL, "ts": "x"}},
        {"type": "reaction_removed"},
    ],
)
def test_other_reactions_are_nothing(changes: Body) -> None:
    read_as(Nothing, reacted(**changes))


@pytest.mark.parametrize(
    "body",
    [
        button("vendor a", actions=[]),
        button("vendor a", actions=[{"action_id": "mute", "value": "vendor a"}]),
        button("vendor a", actions=[{"action_id": "command:1", "value": " "}]),
        button("vendor a", actions=[{"action_id": "command:1", "value": None}]),
        button("vendor a", user={}),
        button("vendor a", channel={}, container={}),
        shortcut("argus", callback_id="something_else"),
        shortcut("argus", user=None),
        {"type": "view_submission", "user": {"id": ANNA}, "view": {"callback_id": "x"}},
        {"type": "shortcut", "callback_id": "check_for_vendors", "user": {"id": ANNA}},
        {"type": "url_verification", "challenge": "x"},
        {},
    ],
)
def test_anything_else_that_is_pressed_is_nothing(body: Body) -> None:
    read_as(Nothing, body)


def test_the_shortcut_checks_all_words_of_the_message() -> None:
    url = "https://hooks.slack.example/app/T0NADIR01/3/ghi"
    id_ = "1712345900.654321:555.666.ghi"
    line = "vendor check Argus & Sons\noffer"
    message_ = post("Argus &amp; Sons", user=BEN, files=[{"title": "offer"}], thread_ts=PARENT)
    asked = Invocation(PUBLIC, id_, ANNA, line, PARENT, url, on=TS)
    assert read(shortcut("", message=message_), ME) == Asked(asked, id_, TEAM, "555.666.ghi")
    assert line_of(shortcut("")) == "vendor check"


# Channels and workspaces


def test_an_invitation_names_the_channel_and_who_invited() -> None:
    for id_, letter, by in ((GENERAL, "C", ANNA), (SECRET, "G", None)):
        event = read_as(Joined, joined(channel=id_, channel_type=letter, inviter=by))
        # Newer private channels have the letter of public ones.
        assert event == Joined(Channel("slack", id_, private=True), by, "Ev0000001", TEAM)
    read_as(Nothing, joined(ANNA))


@pytest.mark.parametrize(
    ("body", "channel"),
    [
        (of_channel("channel_left", channel=GENERAL, actor_id=ANNA), PUBLIC),
        (of_channel("group_left", channel=SECRET), Channel("slack", SECRET, private=True)),
        (of_channel("channel_deleted", channel=GENERAL), PUBLIC),
        (of_channel("channel_archive", channel=GENERAL, user=ANNA), PUBLIC),
        (of_channel("group_archive", channel=SECRET), Channel("slack", SECRET, private=True)),
    ],
)
def test_a_channel_that_the_bot_cannot_post_in_any_more(body: Body, channel: Channel) -> None:
    assert read(body, ME) == Left(channel, "Ev0000001", TEAM)


@pytest.mark.parametrize(
    "body",
    [
        of_channel("member_left_channel", user=ANNA, channel=GENERAL),
        of_channel("channel_unarchive", channel=GENERAL),
        of_channel("channel_rename", channel={"id": GENERAL, "name": "lobby"}),
        of_channel("channel_left"),
        of_channel("im_left", channel=DIRECT),
        tokens_revoked(oauth=[ANNA]),
        home_opened("messages"),
    ],
)
def test_what_does_not_concern_the_bot_is_nothing(body: Body) -> None:
    read_as(Nothing, body)


def test_a_removed_app_and_a_revoked_bot_token_are_the_same_end() -> None:
    assert read(of_channel("app_uninstalled"), ME) == Removed(TEAM)
    assert read(tokens_revoked(bot=[BOT_USER]), ME) == Removed(TEAM)
    nameless = {**of_channel("app_uninstalled"), "team_id": None, "authorizations": None}
    read_as(Nothing, nameless)


def test_whoever_opens_the_home_tab_is_named() -> None:
    assert read(home_opened(), ME) == Opened(ANNA, "Ev0000001", TEAM)


@pytest.mark.parametrize(
    ("body", "team"),
    [
        ({"team_id": "T1"}, "T1"),
        ({"team_id": "T1", "authorizations": [{"team_id": "T2"}]}, "T2"),
        ({"team_id": "T1", "authorizations": [{"team_id": None, "enterprise_id": "E1"}]}, "T1"),
        ({"team": {"id": "T3"}, "user": {"team_id": "T4"}}, "T3"),
        ({"team": None, "user": {"team_id": "T4"}, "enterprise": {"id": "E1"}}, "T4"),
        ({"team": None, "enterprise": {"id": "E1"}}, "E1"),
        ({"authorizations": [{"enterprise_id": "E1"}]}, "E1"),
        ({}, ""),
    ],
)
def test_the_workspace_is_the_one_that_the_app_is_installed_in(body: Body, team: str) -> None:
    assert team_of(body) == team


def test_an_event_without_an_id_has_the_same_one_each_time_it_comes() -> None:
    def id_of(body: Body) -> str:
        return read_as(Heard, {**body, "event_id": None}).event_id

    assert id_of(message("Argus")) == id_of(message("Argus")) != ""
    assert id_of(message("Argus")) != id_of(message("Argus", ts=LATER, event_ts=LATER))
    assert id_of(message("Argus")) != id_of(message("Argus", SECRET))


# Times


@pytest.mark.parametrize(
    "ts",
    [
        *("", "yesterday", "1712345678", "-1.000000", "1e9.000000", " 1.000000"),
        *(
            "１712345678.000100",
            "999999999999.000000",
            "1712345678.000100\n",
            "nan",
            "1.0000000001",
        ),
    ],
)
def test_a_bad_time_is_no_time(ts: str) -> None:
    assert moment(ts) is None
    assert read(message("Argus", ts=ts), ME) == Nothing("no channel or no time")


def test_a_time_is_exact_to_the_microsecond() -> None:
    assert moment("1712345678.123457") == datetime(2024, 4, 5, 19, 34, 38, 123457, tzinfo=UTC)
    assert moment("1712345678.1") == datetime(2024, 4, 5, 19, 34, 38, 100_000, tzinfo=UTC)
    assert moment("0.000000") == datetime(1970, 1, 1, tzinfo=UTC)


# Whatever comes

KINDS = (
    *(Heard, Edited, Deleted, Asked, Submitted, Marked),
    *(Joined, Left, Removed, Opened, Nothing),
)
BODIES = tuple(every("Argus"))


@settings(max_examples=40, deadline=None)
@given(json_values)
def test_any_json_at_all_is_something_or_nothing(body: object) -> None:
    assert isinstance(read(body, ME), KINDS)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Give the way to everything in a body, itself included."""
    found = [path]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += places(inner, (*path, index))
    return found


def replaced(value: object, path: tuple[str | int, ...], by: object) -> object:
    """Give a copy of a body with something else in one place."""
    if not path:
        return by
    if isinstance(value, dict):
        return {k: replaced(v, path[1:], by) if k == path[0] else v for k, v in value.items()}
    assert isinstance(value, list)
    return [replaced(v, path[1:], by) if k == path[0] else v for k, v in enumerate(value)]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_almost_right_body_breaks_it(data: st.DataObject) -> None:
    body: object = data.draw(st.sampled_from(BODIES))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(places(body)))
        body = replaced(body, path, data.draw(json_values))
    event = read(body, ME)
    assert isinstance(event, KINDS)
    # What goes into the database: no half pairs, no NUL, lines and ids that are not empty.
    kept: tuple[str, ...] = ()
    if isinstance(event, Heard | Edited):
        said = event.message
        kept = (said.id, said.author, said.channel.id, event.event_id)
    elif isinstance(event, Asked | Marked):
        given_ = event.invocation
        line = given_.line if isinstance(event, Asked) else "a mark has none"
        kept = (given_.id, given_.actor, given_.channel.id, line, event.event_id)
    for value in kept:
        assert value.strip()
        assert "\x00" not in value
        value.encode()


def test_what_is_nothing_never_repeats_a_word_of_it() -> None:
    word = "Zyxomma"
    reasons = [event.reason for body in every(word) if isinstance(event := read(body, ME), Nothing)]
    assert len(reasons) > 10
    assert all(word not in reason and len(reason) < 60 for reason in reasons)


def test_every_kind_of_event_has_a_body_here() -> None:
    assert {type(read(body, ME)) for body in BODIES} == set(KINDS)


def test_bodies_are_the_same_after_a_journey_as_json() -> None:
    for body in BODIES:
        assert read(json.loads(json.dumps(body)), ME) == read(body, ME)
