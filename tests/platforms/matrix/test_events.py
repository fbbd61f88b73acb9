"""What a Matrix room's timeline says is read as what it means, and never more than that."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bot.core.mention import Channel, Invocation, Message
from bot.platforms.matrix.calls import Own
from bot.platforms.matrix.events import Asked, Deleted, Edited, Heard, Said, There, Touched, read
from bot.platforms.matrix.words import MOST_CHARACTERS

T = TypeVar("T")
Event = Mapping[str, object]

ANN = "@ann:example.org"
BOT = "@bot:example.org"
OTHER_BOT = "@bot:example.net"
OWN = Own(
    frozenset({BOT, OTHER_BOT}), BOT, ("Vendor Watch", "bot"), frozenset({"vendor", "watchlist"})
)
ROOM = Channel("matrix", "!room:example.org", private=True)
THERE = There(ROOM, direct=False)
ALONE = There(ROOM, direct=True)
AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
PILL = f'<a href="https://matrix.to/#/{BOT}">Vendor Watch</a>'


def event(kind: str, content: object, **more: object) -> Event:
    stamp = int(AT.timestamp() * 1000)
    given = {"type": kind, "event_id": "$1", "sender": ANN, "origin_server_ts": stamp}
    return {**given, "content": content, **more}


def text(body: str, html: str | None = None, more: Event | None = None, **content: object) -> Event:
    return event("m.room.message", {**content_of(body, html, **content), **(more or {})})


def content_of(body: str, html: str | None = None, **content: object) -> Event:
    formatted = {"format": "org.matrix.custom.html", "formatted_body": html} if html else {}
    return {"msgtype": "m.text", "body": body, **formatted, **content}


def edit(now: object, original: str = "$0") -> Event:
    relation = {"rel_type": "m.replace", "event_id": original}
    return text("* edited", more={"m.new_content": now, "m.relates_to": relation})


def in_thread(root: str) -> Event:
    relation = {"rel_type": "m.thread", "event_id": root, "is_falling_back": True}
    return {"m.relates_to": {**relation, "m.in_reply_to": {"event_id": "$last"}}}


def reply_to(original: str) -> Event:
    return {"m.relates_to": {"m.in_reply_to": {"event_id": original}}}


def naming(*users: object) -> Event:
    return {"m.mentions": {"user_ids": list(users)}}


def read_as(kind: type[T], what: Event, there: There = THERE) -> T:
    heard: Heard | None = read(what, there, OWN)
    assert isinstance(heard, kind), heard
    return heard


def heard_in(what: Event, there: There = THERE) -> str:
    """Give the text that is watched of what was said."""
    return read_as(Said, what, there).message.text


def line_of(what: Event, there: There = THERE) -> str:
    return read_as(Asked, what, there).invocation.line


# What is watched


def test_what_a_person_says_is_heard_with_its_time() -> None:
    said = Message(ROOM, "$1", ANN, "Argus won the tender", AT)
    assert read(text("Argus won the tender"), THERE, OWN) == Said(said)


def test_what_stands_in_a_thread_names_it() -> None:
    said = read_as(Said, text("Argus", more=in_thread("$root")))
    assert said.message.thread == "$root"


@pytest.mark.parametrize(
    "relation", [reply_to("$0"), {"m.relates_to": {"rel_type": "m.reference", "event_id": "$0"}}]
)
def test_a_reply_is_in_no_thread(relation: Event) -> None:
    assert read_as(Said, text("Argus", more=relation)).message.thread is None


@pytest.mark.parametrize("sender", [BOT, OTHER_BOT])
@pytest.mark.parametrize("body", ["Argus", "!vendor argus"])
def test_what_any_account_of_the_bot_says_means_nothing(sender: str, body: str) -> None:
    own = event("m.room.message", content_of(body), sender=sender)
    assert read(own, THERE, OWN) is None
    assert read(own, ALONE, OWN) is None


@pytest.mark.parametrize("there", [THERE, ALONE])
@pytest.mark.parametrize("body", ["Argus", "!vendor argus", "@bot: argus"])
def test_a_notice_means_nothing(body: str, there: There) -> None:
    assert read(text(body, msgtype="m.notice"), there, OWN) is None


def test_a_message_edited_into_a_notice_means_nothing() -> None:
    assert read(edit(content_of("Argus", msgtype="m.notice")), THERE, OWN) is None


@pytest.mark.parametrize("there", [THERE, ALONE])
def test_an_emote_is_watched_and_is_no_command(there: There) -> None:
    assert heard_in(text("!vendor argus", msgtype="m.emote"), there) == "!vendor argus"


@pytest.mark.parametrize("kind", ["m.image", "m.file", "m.video", "m.audio"])
def test_the_caption_and_the_name_of_a_file_are_watched(kind: str) -> None:
    captioned = text("Argus at the fair", msgtype=kind, filename="IMG_7.jpg")
    assert heard_in(captioned) == "Argus at the fair\nIMG_7.jpg"
    assert heard_in(text("argus-offer.pdf", msgtype=kind)) == "argus-offer.pdf"
    assert heard_in(text("a.pdf", msgtype=kind, filename="a.pdf")) == "a.pdf"


def test_what_a_caption_only_says_in_its_formatted_form_is_watched() -> None:
    caption = text("Ar*gus*", "Ar<em>gus</em>", msgtype="m.image", filename="IMG_7.jpg")
    assert heard_in(caption) == "Ar*gus*\nArgus\nIMG_7.jpg"


def test_the_name_of_a_file_has_no_formatted_form() -> None:
    named = text("a.pdf", "<b>Argus</b>", msgtype="m.file", filename="a.pdf")
    assert heard_in(named) == "a.pdf"


def test_a_caption_is_no_command() -> None:
    assert heard_in(text("!vendor argus", msgtype="m.image", filename="a.jpg")).startswith("!")


def test_places_and_stickers_are_watched_by_their_description() -> None:
    assert heard_in(text("Argus, main gate", msgtype="m.location")) == "Argus, main gate"
    assert heard_in(event("m.sticker", {"body": "Argus logo"})) == "Argus logo"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (
            "m.poll.start",
            {
                "m.poll": {
                    "question": {"m.text": [{"body": "Whom?"}]},
                    "answers": [
                        {"m.id": "1", "m.text": [{"mimetype": "text/html"}, {"body": "Argus"}]},
                        {"m.id": "2", "m.text": [{"body": "Nobody"}]},
                    ],
                }
            },
        ),
        (
            "org.matrix.msc3381.poll.start",
            {
                "org.matrix.msc3381.poll.start": {
                    "question": {"org.matrix.msc1767.text": "Whom?", "body": "Whom?"},
                    "answers": [
                        {"id": "1", "org.matrix.msc1767.text": "Argus"},
                        {"id": "2", "body": "Nobody"},
                    ],
                }
            },
        ),
    ],
)
def test_the_question_and_answers_of_a_poll_are_watched(kind: str, content: object) -> None:
    assert heard_in(event(kind, content)) == "Whom?\nArgus\nNobody"


@pytest.mark.parametrize(
    "what",
    [
        event("m.room.message", {}),
        event("m.room.message", content_of("Argus", msgtype="m.key.verification.request")),
        event("m.room.message", content_of("Argus", msgtype="org.example.other")),
        event("m.room.message", content_of("  \n ")),
        event("m.room.message", content_of("Argus"), state_key=""),
        event("m.room.topic", {"topic": "Argus", "body": "Argus"}),
        event("m.room.encrypted", {"ciphertext": "Argus", "body": "Argus"}),
        event("m.sticker", {}),
        event("m.poll.start", {"m.poll": {}}),
    ],
)
@pytest.mark.parametrize("there", [THERE, ALONE])
def test_what_has_no_words_for_people_means_nothing(what: Event, there: There) -> None:
    assert read(what, there, OWN) is None


# Replies and formatted text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("> <@ben:example.org> Argus won\n> twice\n\nwho?", "who?"),
        ("> * <@ben:example.org> waves at Argus\n\nwho?", "who?"),
        ("> <@ben:example.org> Argus won\nwho?", "who?"),
        ("> <@ben:example.org> Argus\n\n\n> indeed", "\n> indeed"),
    ],
)
def test_the_message_that_a_reply_quotes_is_not_said_again(body: str, said: str) -> None:
    assert heard_in(text(body, more=reply_to("$0"))) == said


@pytest.mark.parametrize("more", [{}, reply_to("$0"), in_thread("$root")])
def test_what_somebody_quotes_by_hand_is_said(more: Event) -> None:
    assert heard_in(text("> Argus won\n\nwho?", more=more)) == "> Argus won\n\nwho?"


def test_a_quoted_message_without_a_reply_is_said() -> None:
    body = "> <@ben:example.org> Argus won\n\nwho?"
    assert heard_in(text(body)) == body


def test_the_quoted_message_is_no_part_of_the_formatted_text_either() -> None:
    html = "<mx-reply><blockquote>Argus <b>won</b><br>twice</blockquote></mx-reply>who?"
    body = "> <@ben:example.org> Argus won\n\nwho?"
    assert heard_in(text(body, html, more=reply_to("$0"))) == "who?"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("Ar<b>gus</b>", "Argus"),
        ("<del>Argus</del>", "Argus"),
        ("<h3>Argus</h3><p>won<br>twice</p>", "Argus\nwon\ntwice"),
        ("<table><tr><td>Argus</td><td>7</td></tr></table>", "Argus\n7"),
        ("<ul><li>Argus</li><li>&amp; Sons</li></ul>", "Argus\n& Sons"),
        ("<details><summary>More</summary>Argus</details>", "More\nArgus"),
        (
            'see <a href="https://argus.example/x">this</a> now',
            "see this now https://argus.example/x",
        ),
        ('<a href="https://argus.example/">argus.example</a>', "argus.example"),
        ('<a href="https://example.org">Ar</a>gus', "Argus https://example.org"),
        ('<a href="mailto:a@argus.example">write</a>', "write mailto:a@argus.example"),
        (
            '<a href="https://example.org/1">one</a><br><a href="https://example.org/2">two</a>',
            "one https://example.org/1\ntwo https://example.org/2",
        ),
        ('see <a href="https://argus.example">it:<br>argus.example</a>', "see it:\nargus.example"),
        ('<a href="javascript:argus()">ok</a>', "ok"),
        ('<a href="https://matrix.to/#/@argus:example.org">Ann</a>', "Ann"),
        ('<img alt="Argus" src="mxc://example.org/a">', "Argus"),
        ("<script>argus()</script>ok<style>argus{}</style>", "ok"),
        ("<!-- Argus -->ok", "ok"),
        ("<b>Argus", "Argus"),
        ("</div></div>Argus", "Argus"),
        ("<Acme>Argus", "Argus"),
    ],
)
def test_formatted_text_is_read_as_people_see_it(html: str, shown: str) -> None:
    assert heard_in(text("plain", html)) == "\n".join(filter(None, ("plain", shown)))


def test_what_the_plain_text_says_too_is_not_repeated() -> None:
    body = "**Argus** won [the tender](https://example.org/t)"
    html = '<b>Argus</b> won <a href="https://example.org/t">the tender</a>'
    assert heard_in(text(body, html)) == body


def test_markup_of_another_format_is_not_read() -> None:
    other = text("plain", formatted_body="<b>Argus</b>", format="org.example.other")
    assert heard_in(other) == "plain"


@pytest.mark.parametrize(
    "broken",
    ["<a ", '<a x="', "<!--", "<", "<b>", "<div>", "</", "<?", "[", "> <@a:b>\n", "<p>a", "bot:"],
)
def test_no_message_keeps_the_bot_busy(broken: str) -> None:
    flood = (broken * MOST_CHARACTERS)[:MOST_CHARACTERS]
    begun = time.process_time()
    read(text(flood, flood, more={**reply_to("$0"), **naming(BOT)}), THERE, OWN)
    assert time.process_time() - begun < 2  # a tenth of a second; html.parser takes a minute


def test_a_message_is_bounded() -> None:
    flood = "Argus " * MOST_CHARACTERS
    assert len(heard_in(text(flood, f"<b>Ar</b>go {flood}"))) <= MOST_CHARACTERS


# Commands


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("!vendor argus", "vendor argus"),
        ("  !Vendor  Argus & Sons ", "vendor  Argus & Sons"),
        ("!VENDOR argus", "vendor argus"),
        ("！vendor argus", "vendor argus"),
        ("/vendor argus", "vendor argus"),
        ("//vendor argus", "vendor argus"),
        ("!watchlist add Argus", "watchlist add Argus"),
        (
            "!watchlist edit argus\nname: Argus\n  kind: x",
            "watchlist edit argus\nname: Argus\n  kind: x",
        ),
        ("!vendor", "vendor"),
        ("!vendor\nargus", "vendor\nargus"),
    ],
)
@pytest.mark.parametrize("there", [THERE, ALONE])
def test_a_sign_before_its_first_word_makes_a_command(body: str, line: str, there: There) -> None:
    assert line_of(text(body), there) == line


@pytest.mark.parametrize(
    "body",
    ["vendor argus", "! vendor argus", "!vendors argus", "!other argus", "so: !vendor argus", "!"],
)
def test_what_begins_otherwise_is_said(body: str) -> None:
    assert heard_in(text(body)) == body


@pytest.mark.parametrize(
    "body",
    [
        "@bot: vendor argus",
        "@bot vendor argus",
        "bot: vendor argus",
        "bot:vendor argus",
        "Bot, vendor argus",
        "Vendor Watch: vendor argus",
        "@vendor watch vendor argus",
        "@bot: argus",
        "@bot: !vendor argus",
        "@bot: /vendor argus",
        "@bot, Vendor argus",
        f"{BOT}: argus",
        f"{BOT} argus",
        f"{BOT}:argus",
        f"[Vendor Watch](https://matrix.to/#/{BOT}): argus",
        "[bot](https://matrix.to/#/%40bot%3Aexample.org) argus",
        "[bot](matrix:u/bot:example.org?action=chat) argus",
    ],
)
def test_a_message_that_begins_with_the_bots_name_is_a_command(body: str) -> None:
    assert line_of(text(body)) == "vendor argus"


@pytest.mark.parametrize("body", ["@bot", "bot:", "@bot: ", f"{BOT}", "Vendor Watch,"])
def test_a_bare_mention_asks_for_help(body: str) -> None:
    assert line_of(text(body)) == "vendor help"


def test_another_command_after_the_name_keeps_its_word() -> None:
    assert line_of(text("@bot: watchlist log")) == "watchlist log"


@pytest.mark.parametrize(
    "body",
    [
        "bot argus",
        "Vendor Watch is down again",
        "botany: argus",
        "@botany argus",
        "bot.example.org: argus",
        "bot-net: argus",
        "@bot:example.com argus",
        "@bot:example.organic argus",
        "@bot:example.com: argus",
        "hello @bot: argus",
        "Argus, says @bot",
        "[bot](https://matrix.to/#/@bot:example.com): argus",
        "[bot](https://example.org/#/@bot:example.org): argus",
    ],
)
def test_what_only_looks_like_the_bots_name_is_said(body: str) -> None:
    assert heard_in(text(body)) == body


def test_a_bare_name_counts_where_the_message_mentions_the_bot() -> None:
    assert line_of(text("Vendor Watch argus", more=naming(BOT))) == "vendor argus"
    assert heard_in(text("Vendor Watch argus", more=naming(OTHER_BOT, 7, None))).endswith("argus")


def test_the_longest_of_its_names_counts() -> None:
    own = replace(OWN, names=("Vendor", "Vendor Watch"))
    heard = read(text("@Vendor Watch argus"), THERE, own)
    assert isinstance(heard, Asked)
    assert heard.invocation.line == "vendor argus"


def test_to_be_mentioned_further_on_is_no_command() -> None:
    assert heard_in(text("Argus, cc bot", more=naming(BOT))) == "Argus, cc bot"


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("Vendor Watch: argus", f"{PILL}: argus"),
        ("Vendor Watch argus", f"<p>{PILL} argus</p>"),
        ("@Vendor Watch argus", f"{PILL} argus"),
        ("Vendor Watch:\nargus", f" {PILL}:<br>argus"),
        (
            "Room Bot: argus",  # what it is called in this room alone
            '<a href="https://matrix.to/#/%40bot%3Aexample.org">Room Bot</a>: argus',
        ),
        ("argus", f"{PILL} argus"),
    ],
)
def test_a_mention_that_the_formatted_text_begins_with_counts(body: str, html: str) -> None:
    assert line_of(text(body, html)) == "vendor argus"


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://matrix.to/#/@ben:example.org">Helper</a>: argus',
        f"so {PILL}: argus",
        '<a href="https://matrix.to.example.org/#/@bot:example.org">Helper</a>: argus',
        f'<mx-reply><a href="https://matrix.to/#/{BOT}">Helper</a></mx-reply>Helper: argus',
    ],
)
def test_a_link_to_anybody_else_does_not(html: str) -> None:
    assert heard_in(text("Helper: argus", html)).startswith("Helper: argus")


def test_a_command_in_a_reply_is_read_without_the_quoted_message() -> None:
    body = "> <@ben:example.org> !vendor other\n\n!vendor argus"
    assert line_of(text(body, more=reply_to("$0"))) == "vendor argus"
    assert (
        heard_in(text("> <@ben:example.org> !vendor other\n\nwell", more=reply_to("$0"))) == "well"
    )


def test_a_command_is_answered_in_its_thread_or_begins_one() -> None:
    asked = Invocation(ROOM, "$1", ANN, "vendor argus", thread="$1")
    assert read(text("!vendor argus"), THERE, OWN) == Asked(asked)
    threaded = read_as(Asked, text("!vendor argus", more=in_thread("$root")))
    assert threaded.invocation == replace(asked, thread="$root")


def test_a_direct_room_has_only_the_threads_that_people_begin() -> None:
    assert read_as(Asked, text("argus"), ALONE).invocation.thread is None
    threaded = read_as(Asked, text("argus", more=in_thread("$root")), ALONE)
    assert threaded.invocation.thread == "$root"


def test_the_doubt_about_whoever_asks_goes_with_the_command() -> None:
    there = There(ROOM, direct=False, doubt="Your device is not verified.")
    asked = read_as(Asked, text("!vendor argus"), there)
    assert asked.invocation.doubt == "Your device is not verified."


# Direct rooms


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("vendor argus", "vendor argus"),
        ("Watchlist log", "watchlist log"),
        ("argus", "vendor argus"),
        ("Argus & Sons", "vendor Argus & Sons"),
        ("help", "vendor help"),
        ("Help", "vendor help"),
        ("!help", "vendor help"),
        ("@bot: argus", "vendor argus"),
        ("watchlist edit argus\nname: Argus", "watchlist edit argus\nname: Argus"),
        ("x" * 80, "vendor " + "x" * 80),
    ],
)
def test_no_sign_is_needed_where_somebody_is_alone_with_the_bot(body: str, line: str) -> None:
    assert line_of(text(body), ALONE) == line


@pytest.mark.parametrize("body", ["x" * 81, "Argus\nwon", "Vendors like Argus " + "x" * 80])
def test_what_is_longer_than_a_name_is_said_even_there(body: str) -> None:
    assert heard_in(text(body), ALONE) == body


# Edits


def test_an_edit_is_of_the_message_that_it_changes() -> None:
    now = Message(ROOM, "$0", ANN, "Argus lost", AT)
    assert read(edit(content_of("Argus lost")), THERE, OWN) == Edited(now)


def test_an_edited_command_revises_the_first_one() -> None:
    asked = Invocation(ROOM, "$1", ANN, "vendor argus", thread="$0", revises="$0")
    assert read(edit(content_of("!vendor argus")), THERE, OWN) == Asked(asked)


def test_an_edited_command_in_a_direct_room_begins_no_thread() -> None:
    asked = read_as(Asked, edit(content_of("argus")), ALONE)
    assert (asked.invocation.thread, asked.invocation.revises) == (None, "$0")


def test_the_formatted_text_of_an_edit_counts() -> None:
    edited = read_as(Edited, edit(content_of("Ar*gus*", "Ar<em>gus</em>")))
    assert edited.message.text == "Ar*gus*\nArgus"


@pytest.mark.parametrize("now", [None, "Argus", [], {}, content_of(""), {"body": "Argus"}])
def test_an_edit_without_words_means_nothing(now: object) -> None:
    assert read(edit(now), THERE, OWN) is None


def test_an_edit_of_nothing_or_of_itself_means_nothing() -> None:
    assert read(edit(content_of("Argus"), original=""), THERE, OWN) is None
    assert read(edit(content_of("Argus"), original="$1"), THERE, OWN) is None


# Reactions and redactions


def reaction(key: object, **relation: object) -> Event:
    told = {"rel_type": "m.annotation", "event_id": "$0", "key": key, **relation}
    return event("m.reaction", {"m.relates_to": told})


def test_a_reaction_touches_a_message() -> None:
    invocation = Invocation(ROOM, "$1", ANN, "", on="$0")
    assert read(reaction("↗\ufe0f"), THERE, OWN) == Touched(invocation, "↗")
    assert read(reaction("📄"), THERE, OWN) == Touched(invocation, "📄")


@pytest.mark.parametrize(
    "what",
    [
        reaction(""),
        reaction("\ufe0f"),
        reaction(7),
        reaction("x" * 65),
        reaction("📄", rel_type="m.reference"),
        reaction("📄", event_id=None),
        event("m.reaction", {}),
    ],
)
def test_a_reaction_without_a_sign_or_message_means_nothing(what: Event) -> None:
    assert read(what, THERE, OWN) is None


@pytest.mark.parametrize(
    "what",
    [
        event("m.room.redaction", {}, redacts="$0"),
        event("m.room.redaction", {"redacts": "$0"}),
        event("m.room.redaction", {"redacts": "$0"}, redacts=None),
        event("m.room.redaction", {"redacts": "$other"}, redacts="$0"),  # the server's word counts
    ],
)
def test_a_redaction_takes_a_message_away(what: Event) -> None:
    assert read(what, THERE, OWN) == Deleted(ROOM, "$0")


def test_a_redaction_of_nothing_or_by_the_bot_means_nothing() -> None:
    assert read(event("m.room.redaction", {"redacts": 7}), THERE, OWN) is None
    assert read(event("m.room.redaction", {}, redacts="$0", sender=BOT), THERE, OWN) is None


# Hostile events


@pytest.mark.parametrize(
    ("stamp", "year"),
    [(-1, 1970), (10**30, 9999), (None, 1970), ("soon", 1970), (1e300, 1970), (True, 1970)],
)
def test_no_time_is_out_of_all_bounds(stamp: object, year: int) -> None:
    said = read_as(Said, event("m.room.message", content_of("Argus"), origin_server_ts=stamp))
    assert said.message.at.year == year
    assert said.message.at.tzinfo is UTC


@pytest.mark.parametrize(
    "broken", [None, 7, "", "a b", "$\ud800", "$\x00", "$" + "x" * 300, ["$1"]]
)
def test_an_event_without_a_sound_id_means_nothing(broken: object) -> None:
    assert read(event("m.room.message", content_of("Argus"), event_id=broken), THERE, OWN) is None


@pytest.mark.parametrize("broken", [None, 7, "", "ann", "@ann", "@ann:", "@a b:example.org", [ANN]])
def test_an_event_of_nobody_means_nothing(broken: object) -> None:
    assert read(event("m.room.message", content_of("Argus"), sender=broken), THERE, OWN) is None


def test_what_no_database_takes_is_replaced() -> None:
    assert heard_in(text("Ar\x00gus \ud83d")) == "Ar\ufffdgus \ufffd"
    assert line_of(text("!vendor ar\x00gus\udc00")) == "vendor ar\ufffdgus\ufffd"


_KEYS = st.sampled_from(
    [
        *("type", "event_id", "sender", "content", "msgtype", "body", "formatted_body", "format"),
        *("m.relates_to", "rel_type", "key", "m.in_reply_to", "m.new_content", "m.mentions"),
        *("user_ids", "redacts", "filename", "m.poll", "question", "answers", "m.text"),
        "origin_server_ts",
    ]
)
_WORDS = st.sampled_from(
    [
        *("m.room.message", "m.reaction", "m.poll.start", "m.sticker", "m.room.redaction"),
        *("m.text", "m.image", "m.replace", "m.thread", "m.annotation", "org.matrix.custom.html"),
        *(
            "$1",
            "$0",
            ANN,
            BOT,
            "!vendor ",
            "@bot: ",
            "bot",
            PILL,
            "<b>",
            "<a href='",
            "> <@a:b> x",
        ),
        *("<mx-reply>", "</a>", "&#0;", "\ud800", "[b](https://matrix.to/#/@bot:example.org)"),
    ]
)
_SOUP = st.lists(_WORDS | st.text(max_size=6), max_size=6).map("".join)
_JSON: SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | _SOUP,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_KEYS | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=10,
)
_MESSAGES = st.builds(
    lambda kind, content, more: {**event(kind, content), **more},
    st.sampled_from(
        ["m.room.message", "m.sticker", "m.poll.start", "m.reaction", "m.room.redaction"]
    ),
    st.dictionaries(_KEYS, _JSON, max_size=6)
    | st.builds(content_of, _SOUP, _SOUP)
    | st.builds(edit, _JSON).map(lambda each: each["content"]),
    st.dictionaries(
        st.sampled_from(["redacts", "origin_server_ts", "unsigned"]), _JSON, max_size=2
    ),
)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(_KEYS, _JSON) | _MESSAGES, st.sampled_from([THERE, ALONE]))
@example(
    event("m.room.message", {"msgtype": [], "body": {}, "m.relates_to": {"rel_type": {}}}), ALONE
)
@example(event("m.poll.start", {"m.poll": {"answers": {}, "question": [{"m.text": 1}]}}), THERE)
def test_whatever_comes_is_read_or_left_alone(what: Event, there: There) -> None:
    match read(what, there, OWN):
        case Said(message) | Edited(message):
            assert message.text.strip()
            assert len(message.text) <= MOST_CHARACTERS
            message.text.encode()
            assert message.author not in OWN.user_ids
        case Asked(invocation):
            assert invocation.line.split()[0] in OWN.command_words
            invocation.line.encode()
        case Touched(invocation, sign):
            assert (invocation.line, invocation.on is not None, sign != "") == ("", True, True)
        case Deleted(channel, message_id):
            assert (channel, message_id != "") == (ROOM, True)
        case None:
            pass
