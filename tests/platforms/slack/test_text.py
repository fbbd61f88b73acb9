"""Slack's text, decoded: what a person sees is what is searched, all of it and once."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bot.core.addresses import links
from bot.platforms.slack.render import escape
from bot.platforms.slack.text import MOST_CHARACTERS, decode, mended, typed, words
from tests.platforms.slack.payloads import (
    Body,
    forwarded,
    leaf,
    link,
    mrkdwn,
    preview,
    rich_text,
    section,
)

widely = settings(max_examples=40, deadline=None)

TOKENS = (
    "<@U1|bob>",
    "<#C1|>",
    "<!here>",
    "<!subteam^S1|@team>",
    "<!date^1^{date}^https://a.example|1 Jan>",
    "<https://a.example/?b=1&amp;c=2|label>",
    "<mailto:a@b.example|a@b.example>",
    "&amp;lt;",
    "<",
    ">",
    "|",
    "<<",
    "<>",
    "<|>",
    "<!>",
    "<@>",
    "<!date^^^^^|>",
    "\x00",
    "\ud83d",
    "\n",
)
soup = st.lists(st.sampled_from(TOKENS) | st.text(max_size=8), max_size=12).map("".join)
json_values: SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | soup,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("escaped", "seen"),
    [
        ("R&amp;D &lt;Argus&gt;", "R&D <Argus>"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&quot;&#60;", "&quot;&#60;"),
        ("<@U012AB3CD|anna>, <@U012AB3CD> and <@W1>", "@anna, @U012AB3CD and @W1"),
        ("<#C1|general> <#C1> <#C1|>", "#general #C1 #C1"),
        ("<!subteam^S1|@buyers> <!subteam^S1>", "@buyers @S1"),
        ("<!here> <!channel|channel> <!everyone>", "@here @channel @everyone"),
        ("<!date^1392734382^{date_num}|18 Feb 2014>", "18 Feb 2014"),
        ("<!date^1^{date}^https://a.example/x|18 Feb>!", "18 Feb! https://a.example/x"),
        ("<!new_thing|as others see it>", "as others see it"),
        ("<mailto:anna@argus.example|anna@argus.example>", "anna@argus.example"),
        ("<mailto:anna@argus.example|Anna>", "Anna anna@argus.example"),
        ("<tel:+4930123|+49 30 123>", "+49 30 123 +4930123"),
        ("<https://argus.example/a?b=1&amp;c=2>", "https://argus.example/a?b=1&c=2"),
        ("<https://argus.example/|Argus R&amp;D>", "Argus R&D https://argus.example/"),
        ("<https://argus.example|https://argus.example>", "https://argus.example"),
        ("<slack://open?team=T1|open>", "open slack://open?team=T1"),
    ],
)
def test_tokens_become_the_words_that_people_see(escaped: str, seen: str) -> None:
    assert decode(escaped) == seen


@pytest.mark.parametrize(
    "broken",
    [
        *(
            "<",
            "a < b > c",
            "<>",
            "<|>",
            "<!>",
            "<@>",
            "<@U 1>",
            "<foo>",
            "<foo|bar>",
            "<https://>",
        ),
        *("<https://a.example", "<https://a b|c>", "<!new_thing>", "<!date^1^{date}>", "<@U1\n>"),
    ],
)
def test_what_is_no_token_stays_as_it_is(broken: str) -> None:
    assert decode(broken) == broken
    assert typed(broken) == broken


@pytest.mark.parametrize(
    ("escaped", "seen"),
    [
        # A name of which part is linked stays whole, and so does one that a link ends in.
        ("<https://a.example|Argus> Vision's offer", "Argus Vision's offer https://a.example"),
        ("<https://a.example|Arg>us", "Argus https://a.example"),
        ("one <https://a.example|Argus>\ntwo", "one Argus https://a.example\ntwo"),
        ("<https://a.example|A> <https://a.example|B>", "A B https://a.example"),
    ],
)
def test_a_links_address_does_not_break_up_the_sentence(escaped: str, seen: str) -> None:
    assert decode(escaped) == seen


@pytest.mark.parametrize(
    "around",
    ["{}", "see {}.", "({})", "看{}的文章", "x{}y", "{}'s", "*{}*", "{}<@U1>", "{}{}", "“{}”"],
)
def test_an_address_is_found_again_whatever_stands_around_it(around: str) -> None:
    text = decode(around.replace("{}", "<https://argus.example/offer>"))
    assert links(text) == ("https://argus.example/offer",)


def test_an_address_in_a_sentence_stays_with_its_full_stop_and_apart_from_letters() -> None:
    assert decode("Argus<https://argus.example>Vision") == "Argus https://argus.example Vision"
    assert decode("(see <https://argus.example>.)") == "(see https://argus.example.)"


def test_the_words_of_a_tracking_parameter_are_nobodys() -> None:
    text = "<https://news.example/a?utm_source=argus&amp;id=7#top|News>"
    assert decode(text) == "News https://news.example/a?id=7#top"
    assert decode("<https://news.example/a?utm_source=argus>") == "https://news.example/a"
    whole = "https://news.example/a?utm_source=argus&id=7#top"
    assert typed(text) == f"News {whole}"


@pytest.mark.parametrize(
    ("escaped", "line"),
    [
        ("vendor <http://argus.example|argus.example>", "vendor argus.example"),
        ("add <https://a.example/rss|the feed> now", "add the feed https://a.example/rss now"),
        ("add <https://a.example/rss> now", "add https://a.example/rss now"),
        ("“smart”\u00a0quotes &amp; all", "“smart”\u00a0quotes & all"),
        ("vendor watch off <#C012AB|town-hall>", "vendor watch off slack:C012AB"),
        ("vendor watch on <#G012AB>", "vendor watch on slack:G012AB"),
        ("vendor appoint <@U012AB|anna> admin", "vendor appoint @U012AB admin"),
        ("vendor appoint <@W012AB> admin", "vendor appoint @W012AB admin"),
    ],
)
def test_a_command_reads_as_it_was_typed(escaped: str, line: str) -> None:
    assert typed(escaped) == line


def test_an_address_that_slack_completed_is_searched_complete() -> None:
    assert decode("<http://argus.example/|Argus.example>") == "http://argus.example/"


@widely
@given(st.text())
def test_what_was_escaped_comes_back(text: str) -> None:
    assert decode(escape(text)) == mended(text)
    assert typed(escape(text)) == mended(text)


@widely
@given(soup)
def test_no_text_is_too_broken(text: str) -> None:
    for seen in (decode(text), typed(text), words({"text": text})):
        seen.encode()  # no half pairs
        assert "\x00" not in seen


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        ">",
        "<@",
        "<@U1",
        "<!date^",
        "<https://a|",
        "<https://a>.",
        "<https://a|b>",
        "&amp;",
        "&",
        "<a|" * 3 + ">",
        "<https://a?" + "utm_a=b&" * 9 + "|c>",
        "a:",
        "." * 50,
        "<mailto:mailto:",
    ],
)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    start = time.process_time()
    decode(text)
    typed(text)
    words({"text": text, "blocks": rich_text(section(leaf(text)))})
    # A second or so; a quadratic step would take a minute.
    assert time.process_time() - start < 6


# All text of a message


def section_block(text: str) -> Body:
    return {"type": "section", "text": mrkdwn(text)}


@pytest.mark.parametrize(
    "part",
    [
        {"text": "Argus Vision"},
        {"blocks": rich_text(section(leaf("Argus Vi"), leaf("sion")))},
        {"blocks": rich_text({"type": "rich_text_quote", "elements": [leaf("Argus Vision")]})},
        {
            "blocks": rich_text(
                {"type": "rich_text_preformatted", "elements": [leaf("Argus Vision")]}
            )
        },
        {
            "blocks": rich_text(
                {"type": "rich_text_list", "elements": [section(leaf("Argus Vision"))]}
            )
        },
        {"blocks": rich_text(section(link("https://a.example", "Argus Vision")))},
        {"blocks": [section_block("*Argus Vision*")]},
        {"blocks": [{"type": "section", "fields": [mrkdwn("a"), mrkdwn("Argus Vision")]}]},
        {"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Argus Vision"}}]},
        {"blocks": [{"type": "context", "elements": [mrkdwn("Argus Vision")]}]},
        {
            "blocks": [
                {"type": "context", "elements": [{"type": "image", "alt_text": "Argus Vision"}]}
            ]
        },
        {"blocks": [{"type": "image", "title": {"type": "plain_text", "text": "Argus Vision"}}]},
        {"blocks": [{"type": "video", "description": {"text": "Argus Vision"}}]},
        {"blocks": [{"type": "markdown", "text": "# Argus Vision"}]},
        {"blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": "Argus Vision"}]]}]},
        {"blocks": [{"type": "table", "rows": [rich_text(section(leaf("Argus Vision")))]}]},
        {"blocks": [{"type": "container", "child_blocks": [section_block("Argus Vision")]}]},
        {
            "blocks": [
                {"type": "carousel", "elements": [{"type": "card", "body": mrkdwn("Argus Vision")}]}
            ]
        },
        {"attachments": [{"pretext": "Argus Vision"}]},
        {"attachments": [{"title": "Argus Vision"}]},
        {"attachments": [{"title": "a", "title_link": "https://example.org/Argus Vision"}]},
        {"attachments": [{"text": "Argus Vision"}]},
        {
            "attachments": [
                {"fields": [{"title": "Bidder", "value": "Argus Vision", "short": True}]}
            ]
        },
        {"attachments": [{"fallback": "Argus Vision"}]},
        {"attachments": [{"blocks": [section_block("Argus Vision")]}]},
        {"attachments": [forwarded("Argus Vision")]},
        {"attachments": [forwarded("Argus Vision", message_blocks=[])]},
        {"attachments": [{**forwarded("Argus Vision"), "text": "", "fallback": ""}]},
        {"attachments": [forwarded("", files=[{"title": "Argus Vision"}])]},
        {"files": [{"title": "Argus Vision", "name": "IMG_1.png"}]},
        {"files": [{"title": "Offer", "name": "Argus Vision.pdf"}]},
    ],
)
def test_a_name_is_found_wherever_people_can_read_it(part: Body) -> None:
    assert words({"text": "An offer came in.", **part}).count("Argus Vision") == 1


@pytest.mark.parametrize(
    "part",
    [
        {"attachments": [preview()]},
        {"attachments": [preview(is_app_unfurl=True, from_url=None, original_url=None)]},
        {"attachments": [forwarded("Argus Vision", is_share=False)]},
        {"attachments": [forwarded("seen", author_name="Argus Vision", footer="Argus Vision")]},
        {"attachments": [forwarded("seen", fallback="[10:00] Argus Vision: seen")]},
        {"attachments": [{"title_link": "https://news.example/a?utm_source=Argus Vision"}]},
        {
            "blocks": [
                {
                    "type": "actions",
                    "elements": [{"type": "button", "text": mrkdwn("Argus Vision")}],
                }
            ]
        },
        {"username": "Argus Vision", "user": "Argus Vision", "root": {"text": "Argus Vision"}},
        {"edited": {"text": "Argus Vision"}, "previous_message": {"text": "Argus Vision"}},
    ],
)
def test_previews_authors_and_controls_are_not_searched(part: Body) -> None:
    assert "Argus Vision" not in words({"text": "An offer came in.", **part})


def test_rich_text_that_the_text_has_already_adds_nothing() -> None:
    text = (
        "Hey <@U1>, R&amp;D at *Argus* <https://a.example/?x=1&amp;y=2|Vision> wrote :wave: "
        "in <#C1|general>, <http://b.example|b.example>\n• one &lt;two&gt;\n&gt; three"
    )
    leaves = (
        leaf("Hey "),
        {"type": "user", "user_id": "U1"},
        leaf(", R&D at "),
        {"type": "text", "text": "Argus", "style": {"bold": True}},
        leaf(" "),
        link("https://a.example/?x=1&y=2", "Vision"),
        leaf(" wrote "),
        {"type": "emoji", "name": "wave", "unicode": "1f44b"},
        leaf(" in "),
        {"type": "channel", "channel_id": "C1"},
        leaf(", "),
        link("http://b.example", "b.example"),
    )
    items = {"type": "rich_text_list", "style": "bullet", "elements": [section(leaf("one <two>"))]}
    quote = {"type": "rich_text_quote", "elements": [leaf("three")]}
    event: Body = {"text": text, "blocks": rich_text(section(*leaves), items, quote)}
    assert words(event) == decode(text)


_word = st.text("abcdefghij&<>*_.'é海", min_size=1, max_size=7)
_leaf = st.one_of(
    _word.map(lambda word: (escape(f" {word} "), leaf(f" {word} "))),
    _word.map(lambda word: (f" *{escape(word)}* ", {**leaf(word), "style": {"bold": True}})),
    _word.map(
        lambda word: (f" <https://a.example/x|{escape(word)}>", link("https://a.example/x", word))
    ),
    st.just((" <https://a.example/?a=1&amp;b=2> ", link("https://a.example/?a=1&b=2"))),
    st.just((" <@U1|anna> ", {"type": "user", "user_id": "U1"})),
    st.just((" <!subteam^S1|@team> ", {"type": "usergroup", "usergroup_id": "S1"})),
    st.just((" <!here> ", {"type": "broadcast", "range": "here"})),
    st.just((":wave::skin-tone-3:", {"type": "emoji", "name": "wave", "skin_tone": 3})),
)


@widely
@given(st.lists(_leaf, min_size=1, max_size=8))
def test_a_persons_message_is_never_doubled_by_its_blocks(leaves: list[tuple[str, Body]]) -> None:
    text = "".join(escaped for escaped, _ in leaves)
    spaced = [each for _, part in leaves for each in (leaf(" "), part)]
    assert words({"text": text, "blocks": rich_text(section(*spaced))}) in {decode(text), ""}


def test_only_what_the_text_lacks_is_added() -> None:
    event: Body = {
        "text": "New tender: cameras",
        "blocks": [
            section_block("*New tender:* cameras\nBidder: Argus Vision"),
            section_block("cameras"),
        ],
        "attachments": [{"text": "Bidder: Argus Vision", "fallback": "New tender: cameras"}],
    }
    assert words(event) == "New tender: cameras\nBidder: Argus Vision"


def test_a_name_inside_a_longer_word_does_not_count_as_said() -> None:
    event: Body = {"text": "Argusville news", "blocks": [section_block("Argus")]}
    assert words(event) == "Argusville news\nArgus"


def test_what_is_repeated_in_the_text_itself_stays() -> None:
    assert words({"text": "Argus\nArgus"}) == "Argus\nArgus"


def test_the_length_has_a_limit() -> None:
    blocks = [section_block(f"{number} " + "word " * 500) for number in range(200)]
    assert len(words({"text": "start", "blocks": blocks})) == MOST_CHARACTERS
    assert len(words({"text": "a" * 50_000, "blocks": blocks})) == MOST_CHARACTERS
    many: list[Body] = [{"title": str(number)} for number in range(300_000)]
    assert words({"text": "start", "files": many}) == "start\n" + "\n".join(map(str, range(2_000)))


def test_blocks_within_blocks_end_somewhere() -> None:
    block: Body = section_block("deep")
    for _ in range(5_000):
        block = {"type": "container", "child_blocks": [block]}
    assert words({"text": "top", "blocks": [block]}) == "top"


@widely
@given(st.dictionaries(st.sampled_from(["text", "blocks", "attachments", "files"]), json_values))
@example(
    {
        "blocks": [
            {"type": "rich_text", "elements": [{"elements": [{"type": "emoji", "skin_tone": {}}]}]}
        ]
    }
)
@example({"text": 7, "blocks": {}, "attachments": [None, {"fields": 1}], "files": "x"})
def test_bad_shapes_are_left_out(event: Body) -> None:
    assert len(words(event)) <= MOST_CHARACTERS


_KEYS = (
    "type",
    "text",
    "elements",
    "title",
    "fields",
    "rows",
    "url",
    "name",
    "message_blocks",
    "blocks",
)
_TYPES = ("rich_text", "rich_text_list", "section", "context", "table", "link", "emoji", "markdown")
shaped: SearchStrategy[object] = st.recursive(
    st.sampled_from(_TYPES) | soup | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5)
    ),
    max_leaves=20,
)


@settings(max_examples=50, deadline=None)
@given(st.lists(shaped, max_size=4), st.lists(shaped, max_size=3))
def test_no_almost_right_shape_breaks_it(blocks: list[object], attachments: list[object]) -> None:
    words({"text": "start", "blocks": blocks, "attachments": attachments}).encode()
