"""Bodies as Slack delivers them, with invented ids, names and companies.

The shapes follow https://docs.slack.dev/reference/events, `.../interaction-payloads` and
https://docs.slack.dev/interactivity/implementing-slash-commands; what is left out is read nowhere.
"""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import TypeAlias

from bot.platforms.slack.agreed import MARK
from bot.platforms.slack.told import Me

Body: TypeAlias = Mapping[str, object]

TEAM, APP = "T0NADIR01", "A0WATCH01"
BOT_USER, BOT = "U0WATCH01", "B0WATCH01"
ANNA, BEN = "U0ANNA001", "U0BEN0001"
GENERAL, SECRET, DIRECT, GROUP = "C0GENERAL", "C0SECRET1", "D0ANNA001", "G0TRIO001"
RSS_BOT, RSS_APP = "B0RSS0001", "A0RSS0001"
TS, LATER, PARENT = "1712345678.000100", "1712345700.000200", "1712340000.000900"

ME = Me(BOT_USER, BOT, APP, frozenset({RSS_BOT}), frozenset({"vendor", "watchlist"}))


def envelope(event: Body, **changes: object) -> Body:
    """Give the body that an event comes in."""
    return {
        "token": "not-a-token",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "api_app_id": APP,
        "type": "event_callback",
        "event_id": "Ev0000001",
        "event_time": 1712345678,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": "4-abc",
        "event": event,
        **changes,
    }


def post(text: str, **changes: object) -> Body:
    """Give a message as it stands in a channel, without the channel."""
    return {
        "type": "message",
        "user": ANNA,
        "ts": TS,
        "client_msg_id": "5f0c1a9e-0000-4000-8000-000000000001",
        "text": text,
        "team": TEAM,
        "blocks": rich_text(section(*leaves(text))) if text else [],
        **changes,
    }


def message(text: str, channel: str = GENERAL, kind: str = "channel", /, **changes: object) -> Body:
    return envelope(
        {**post(text), "channel": channel, "event_ts": TS, "channel_type": kind, **changes}
    )


def direct(text: str, **changes: object) -> Body:
    return message(text, DIRECT, "im", **changes)


def app_mention(text: str, channel: str = GENERAL, /, **changes: object) -> Body:
    """Give a mention as Slack tells of it: without the kind of the channel."""
    event = {**post(text), "type": "app_mention", "channel": channel, "event_ts": TS, **changes}
    return envelope(event, event_id="Ev0000002")


def thread_broadcast(text: str) -> Body:
    root = {**post("What is new?"), "ts": PARENT, "thread_ts": PARENT, "reply_count": 1}
    return message(text, subtype="thread_broadcast", thread_ts=PARENT, root=root)


def file_share(text: str, **file: object) -> Body:
    shared = {
        "id": "F0OFFER01",
        "created": 1712345670,
        "name": "offer.pdf",
        "title": "offer.pdf",
        "mimetype": "application/pdf",
        "filetype": "pdf",
        "user": ANNA,
        "url_private": "https://files.example/F0OFFER01/offer.pdf",
        **file,
    }
    return message(text, subtype="file_share", files=[shared], upload=False, display_as_bot=False)


def bot_message(text: str, **changes: object) -> Body:
    """Give a post of the feed reader, which has no user."""
    body = message(text, subtype="bot_message", bot_id=RSS_BOT, app_id=RSS_APP, username="feeds")
    event = body["event"]
    assert isinstance(event, dict)
    nobody = {key: value for key, value in event.items() if key != "user"}
    return {**body, "event": {**nobody, **changes}}


def own_alert(text: str) -> Body:
    metadata = {"event_type": "vendorwatch_alert", "event_payload": {"id": "0f3a"}}
    return message(text, metadata=metadata, user="U0OTHER01")


def changed(now: Body, before: Body | None, **changes: object) -> Body:
    """Give an edit; `before` is what Slack calls the previous message."""
    event: Body = {
        "type": "message",
        "subtype": "message_changed",
        "message": now,
        "channel": GENERAL,
        "hidden": True,
        "ts": LATER,
        "event_ts": LATER,
        "channel_type": "channel",
        **changes,
    }
    return envelope(event if before is None else {**event, "previous_message": before})


def edited(now: str, before: str, **changes: object) -> Body:
    mark = {"edited": {"user": ANNA, "ts": "1712345699.000000"}}
    return changed(post(now, **mark), post(before), **changes)


def unfurled(text: str) -> Body:
    """Give what comes when Slack has fetched the page behind a link."""
    return changed(post(text, attachments=[preview()]), post(text))


def preview(**changes: object) -> Body:
    return {
        "id": 1,
        "from_url": "https://news.example/cameras",
        "original_url": "https://news.example/cameras",
        "service_name": "Example News",
        "title": "City buys Argus Vision cameras",
        "title_link": "https://news.example/cameras",
        "text": "The council bought cameras of Argus Vision.",
        "fallback": "Example News: City buys Argus Vision cameras",
        **changes,
    }


def forwarded(text: str, **changes: object) -> Body:
    """Give what a forwarded message is inside the message that forwards it."""
    return {
        "id": 1,
        "ts": PARENT,
        "channel_id": SECRET,
        "channel_team": TEAM,
        "author_id": BEN,
        "author_name": "Ben Hik",
        "author_subname": "Ben Hik",
        "from_url": f"https://nadir.slack.example/archives/{SECRET}/p1712340000000900",
        "is_msg_unfurl": True,
        "is_share": True,
        "fallback": f"[April 5th, 2024 6:00 PM] ben.hik: {text}",
        "text": text,
        "message_blocks": [
            {
                "team": TEAM,
                "channel": SECRET,
                "ts": PARENT,
                "message": {"blocks": rich_text(section(*leaves(text)))},
            }
        ],
        "footer": "Posted in #procurement",
        **changes,
    }


def deleted(text: str = "gone", **changes: object) -> Body:
    return envelope(
        {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": post(text),
            "channel": GENERAL,
            "hidden": True,
            "deleted_ts": TS,
            "ts": LATER,
            "event_ts": LATER,
            "channel_type": "channel",
            **changes,
        }
    )


def tombstone() -> Body:
    """Give what comes when a message with answers is deleted."""
    left = {
        "type": "message",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": "USLACKBOT",
        "hidden": True,
        "ts": TS,
        "thread_ts": TS,
        "reply_count": 2,
    }
    return changed(left, post("Argus Vision"))


def message_replied(text: str) -> Body:
    """Give what tells that a message was answered; it should have a subtype and has none."""
    event = {
        "type": "message",
        "message": {**post(text), "thread_ts": TS, "reply_count": 1},
        "channel": GENERAL,
        "ts": LATER,
        "event_ts": LATER,
        "channel_type": "channel",
    }
    return envelope(event)


def of_channel(kind: str, **fields: object) -> Body:
    return envelope({"type": kind, "event_ts": LATER, **fields})


def joined(user: str = BOT_USER, **changes: object) -> Body:
    fields = {"user": user, "channel": GENERAL, "channel_type": "C", "team": TEAM, "inviter": ANNA}
    return of_channel("member_joined_channel", **{**fields, **changes})


def tokens_revoked(**tokens: object) -> Body:
    return of_channel("tokens_revoked", tokens={"oauth": [], "bot": [], **tokens})


def home_opened(tab: str = "home") -> Body:
    return of_channel("app_home_opened", user=ANNA, channel=DIRECT, tab=tab)


def slash(command: str, text: str, /, **changes: object) -> Body:
    """Give a slash command; Slack sends it as a form."""
    return {
        "token": "not-a-token",
        "team_id": TEAM,
        "team_domain": "nadir",
        "channel_id": GENERAL,
        "channel_name": "general",
        "user_id": ANNA,
        "user_name": "anna",
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": "https://hooks.slack.example/commands/T0NADIR01/1/abc",
        "trigger_id": "111.222.abc",
        **changes,
    }


def button(line: str, **changes: object) -> Body:
    """Give a click on a button of a card."""
    action = {
        "action_id": "command:2",
        "block_id": "b1",
        "text": {"type": "plain_text", "text": "Full record", "emoji": False},
        "value": line,
        "type": "button",
        "action_ts": "1712345800.123456",
    }
    return {
        "type": "block_actions",
        "user": {"id": ANNA, "username": "anna", "name": "anna", "team_id": TEAM},
        "api_app_id": APP,
        "token": "not-a-token",
        "container": {
            "type": "message",
            "message_ts": TS,
            "channel_id": GENERAL,
            "is_ephemeral": False,
        },
        "trigger_id": "333.444.def",
        "team": {"id": TEAM, "domain": "nadir"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": GENERAL, "name": "general"},
        "message": {"type": "message", "user": BOT_USER, "bot_id": BOT, "ts": TS, "text": "Alert"},
        "state": {"values": {}},
        "response_url": "https://hooks.slack.example/actions/T0NADIR01/2/def",
        "actions": [action],
        **changes,
    }


def home_button(line: str) -> Body:
    """Give a click on a button in the Home tab: no channel, no message, nowhere to answer."""
    body = button(line, container={"type": "view", "view_id": "V0HOME001"}, view={"type": "home"})
    return {k: v for k, v in body.items() if k not in {"channel", "message", "response_url"}}


METADATA = json.dumps({"channel": GENERAL, "public": True, "thread": PARENT, "on": TS})


def window_button(line: str, action: str = "command:1") -> Body:
    """Give a click on a button in a modal, which remembers where it was opened."""
    view = {
        "id": "V0RECORD1",
        "type": "modal",
        "title": {"type": "plain_text", "text": "Record"},
        "private_metadata": METADATA,
    }
    pressed = {"action_id": action, "value": line, "action_ts": "1712345800.5", "type": "button"}
    container = {"type": "view", "view_id": "V0RECORD1"}
    body = button(line, container=container, view=view, actions=[pressed])
    return {k: v for k, v in body.items() if k not in {"channel", "message", "response_url"}}


def form_filled(values: Mapping[str, str], **changes: object) -> Body:
    """Give a form of `vendor report` as it is submitted."""
    kept = {**json.loads(METADATA), "path": ["vendor", "report"], "given": {"vendor": "argus"}}
    filled = {
        key: {"value": {"type": "plain_text_input", "value": value}}
        for key, value in values.items()
    }
    view = {
        "id": "V0FORM001",
        "type": "modal",
        "callback_id": "form",
        "private_metadata": json.dumps(kept),
        "state": {"values": filled},
        **changes,
    }
    return {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "nadir"},
        "user": {"id": ANNA, "username": "anna", "team_id": TEAM},
        "trigger_id": "777.888.jkl",
        "view": view,
        "response_urls": [],
    }


def reacted(**changes: object) -> Body:
    """Give the mark's emoji, put on somebody's message."""
    fields = {
        "type": "reaction_added",
        "user": ANNA,
        "reaction": MARK,
        "item": {"type": "message", "channel": GENERAL, "ts": TS},
        "item_user": BEN,
        "event_ts": LATER,
    }
    return envelope({**fields, **changes})


def shortcut(text: str, **changes: object) -> Body:
    """Give the message shortcut, used on a message with this text."""
    return {
        "type": "message_action",
        "token": "not-a-token",
        "action_ts": "1712345900.654321",
        "team": {"id": TEAM, "domain": "nadir"},
        "user": {"id": ANNA, "username": "anna", "team_id": TEAM, "name": "anna"},
        "channel": {"id": GENERAL, "name": "general"},
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": "check_for_vendors",
        "trigger_id": "555.666.ghi",
        "response_url": "https://hooks.slack.example/app/T0NADIR01/3/ghi",
        "message_ts": TS,
        "message": post(text, user=BEN),
        **changes,
    }


# Blocks


def rich_text(*elements: Body) -> list[Body]:
    return [{"type": "rich_text", "block_id": "r1", "elements": list(elements)}]


def section(*leaves: Body) -> Body:
    return {"type": "rich_text_section", "elements": list(leaves)}


def leaves(text: str) -> Iterator[Body]:
    """Give the leaves that Slack makes of a text with mentions and links."""
    for token in filter(None, re.split(r"(<[^<>]+>)", text)):
        head, _, label = token.strip("<>").partition("|")
        if not token.startswith("<"):
            yield leaf(unescape(token))
        elif head.startswith("@"):
            yield {"type": "user", "user_id": head[1:]}
        else:
            yield link(unescape(head), unescape(label))


def leaf(text: str) -> Body:
    return {"type": "text", "text": text}


def link(url: str, text: str = "") -> Body:
    found: Body = {"type": "link", "url": url}
    return {**found, "text": text} if text else found


def mrkdwn(text: str) -> Body:
    return {"type": "mrkdwn", "text": text, "verbatim": False}


def every(word: str) -> Iterator[Body]:
    """Give a body of each kind, each with this word in whatever text it has."""
    yield message(word)
    yield message(f"<@{BOT_USER}> {word}")
    yield direct(word)
    yield app_mention(f"<@{BOT_USER}> {word}")
    yield thread_broadcast(word)
    yield file_share(word, title=word, name=word)
    yield message(word, subtype="me_message")
    yield bot_message(word)
    yield bot_message(word, bot_id="B0STRANGE", app_id="A0STRANGE")
    yield own_alert(word)
    yield message(word, user=BOT_USER, bot_id=BOT, app_id=APP)
    yield message("", attachments=[forwarded(word), preview(text=word)])
    yield edited(word, f"not {word}")
    yield unfurled(word)
    yield deleted(word)
    yield tombstone()
    yield message_replied(word)
    for subtype in (
        "channel_join",
        "channel_topic",
        "channel_name",
        "pinned_item",
        "huddle_thread",
    ):
        yield message(word, subtype=subtype)
    yield message(word, hidden=True)
    yield message(word, ts="yesterday")
    yield joined()
    yield joined(ANNA)
    yield of_channel("member_left_channel", user=BOT_USER, channel=GENERAL, channel_type="C")
    yield of_channel("channel_left", channel=GENERAL)
    yield of_channel("group_left", channel=SECRET)
    yield of_channel("channel_archive", channel=GENERAL, user=ANNA)
    yield of_channel("channel_rename", channel={"id": GENERAL, "name": "lobby", "created": 1})
    yield tokens_revoked(bot=[BOT_USER])
    yield tokens_revoked(oauth=[ANNA])
    yield of_channel("app_uninstalled")
    yield home_opened()
    yield home_opened("messages")
    yield reacted()
    yield reacted(reaction="eyes")
    yield window_button(f"vendor {word}")
    yield window_button(f"vendor {word}", action="page:2")
    yield form_filled({"reason": word})
    yield slash("/vendor", word)
    yield button(f"vendor {word}")
    yield button(word, actions=[{"action_id": "other", "value": word}])
    yield home_button(f"vendor {word}")
    yield shortcut(word)
    yield shortcut(word, callback_id="other")
    yield {"type": "view_submission", "view": {"callback_id": word}}
