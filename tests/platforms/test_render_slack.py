"""Slack messages: literal whatever the words are, within the limits, and good to read."""

import json
import re
from collections.abc import Iterator

from hypothesis import given
from slack_sdk.models.blocks import Block as SlackBlock

from bot.core.document import (
    Actions,
    Bullets,
    Button,
    Divider,
    Document,
    FieldRow,
    Fields,
    Footnote,
    Handle,
    Heading,
    Item,
    Link,
    Paragraph,
    Preformatted,
    Quote,
    Struck,
    Typed,
    is_web_address,
    said,
    spoken,
    strong,
    words,
)
from bot.platforms.slack.render import JSON, SlackMessage, render, render_pages
from tests.platforms.hostile import documents, readable_documents, thoroughly, words_of

_LINK = re.compile(r"<(https?://[^<>|\s]+)\|[^<>|]+>", re.IGNORECASE)
_ESCAPES = re.compile(r"&(?!(?:amp|lt|gt);)")


@thoroughly
@given(documents(400))
def test_no_document_breaks_a_rule_of_slacks(document: Document) -> None:
    message = render(document)
    assert list(_broken_rules(message)) == []
    # The SDK's own model reads every block and drops nothing from it.
    parsed = SlackBlock.parse_all(message.blocks)
    assert [block.to_dict() for block in parsed] == message.blocks


@thoroughly
@given(documents())
def test_no_words_from_outside_become_a_mention_or_a_command(document: Document) -> None:
    message = render(document)
    assert "<" not in message.text
    assert ">" not in message.text
    assert not _ESCAPES.search(message.text)
    for element in _of_type(message.blocks, "mrkdwn"):
        text = str(element["text"])
        assert all(is_web_address(url.replace("&amp;", "&")) for url in _LINK.findall(text))
        bare = _LINK.sub("", text)
        assert not re.search(r"[<>*_~`]|:[^\s:]+:", bare)
        assert not _ESCAPES.search(text)
        assert element["verbatim"] is True
    for element in _of_type(message.blocks, "link"):
        assert is_web_address(str(element["url"]))


@thoroughly
@given(readable_documents())
def test_every_word_of_a_document_is_in_the_message(document: Document) -> None:
    message = render(document)
    shown = json.dumps(message.blocks)
    assert "shortened" not in shown
    assert all(word in shown for word in words_of(document))
    assert all(word in message.text for word in document.summary.split())


def test_a_mention_in_a_feed_title_stays_letters() -> None:
    message = render(Document("<!channel> & more", (Paragraph(words("<!channel> *now*")),)))
    assert message.text == "&lt;!channel&gt; &amp; more"
    assert message.blocks == [_rich(_section({"type": "text", "text": "<!channel> *now*"}))]


def test_answers_are_indented_right_under_their_claim() -> None:
    items = (
        Item(words("claim 1"), (words("answer 1"), words("answer 2"))),
        Item(words("claim 2")),
        Item(words("claim 3"), (words("answer 3"),)),
    )
    (block,) = render(Document("s", (Bullets(items),))).blocks
    assert [(part.get("indent"), _texts(part)) for part in _parts(block)] == [
        (None, ["claim 1"]),
        (1, ["answer 1", "answer 2"]),
        (None, ["claim 2", "claim 3"]),
        (1, ["answer 3"]),
    ]


def test_emphasis_links_and_struck_words_are_styles() -> None:
    text = words(strong("Ban"), " ", Link("Gazette", "https://gazette.example/1"), Struck("until"))
    (block,) = render(Document("s", (Paragraph(text),))).blocks
    assert block == _rich(
        _section(
            {"type": "text", "text": "Ban", "style": {"bold": True}},
            {"type": "text", "text": " "},
            {"type": "link", "url": "https://gazette.example/1", "text": "Gazette"},
            {"type": "text", "text": "until", "style": {"strike": True}},
        )
    )


def test_a_channel_and_a_person_are_shown_by_slack_and_only_by_a_real_id() -> None:
    text = words(Handle("C012AB", "channel"), Handle("U012AB", "person"), Handle("here", "person"))
    (block,) = render(Document("s", (Paragraph(text),))).blocks
    assert block == _rich(
        _section(
            {"type": "channel", "channel_id": "C012AB"},
            {"type": "user", "user_id": "U012AB"},
            {"type": "text", "text": "here"},
        )
    )


def test_a_command_to_type_is_code_with_slacks_sign_and_a_shells_line_has_none() -> None:
    text = words(*spoken("`vendor help`, `vendorwatch run`"), Typed("<!channel> `*x*`"))
    for block in (Paragraph(text), Footnote(text)):
        (drawn,) = render(Document("s", (block,))).blocks
        assert drawn == _rich(
            _section(
                {"type": "text", "text": "/vendor help", "style": {"code": True}},
                {"type": "text", "text": ", "},
                {"type": "text", "text": "vendorwatch run", "style": {"code": True}},
                {"type": "text", "text": "/<!channel> `*x*`", "style": {"code": True}},
            )
        )


def test_small_print_with_a_command_is_drawn_so_that_it_can_be_code() -> None:
    (block,) = render(Document("s", (Footnote(spoken("See `vendor help`.")),))).blocks
    (command,) = (each for each in _of_type([block], "text") if "style" in each)
    assert command == {"type": "text", "text": "/vendor help", "style": {"code": True}}


def test_a_notification_has_the_words_of_a_command_without_marks() -> None:
    assert render(said("Type `vendor <name>`.")).text == "Type vendor &lt;name&gt;."


def test_a_buttons_sign_is_not_for_slack() -> None:
    with_sign, without = (
        render(Document("s", (Actions((Button("Full record", "vendor record nadir", sign),)),)))
        for sign in ("📄", "")
    )
    assert with_sign == without


def test_a_heading_is_bold_and_keeps_together_with_what_follows() -> None:
    blocks = (
        Paragraph(words("before")),
        Heading(words("Nadir ", Link("Optics", "https://nadir.example"))),
        Paragraph(words("after")),
        Quote(words("said")),
    )
    drawn = render(Document("s", blocks)).blocks
    assert [len(_parts(block)) for block in drawn] == [1, 2, 1]
    heading = _parts(drawn[1])[0]
    assert [element["style"] for element in _list(heading["elements"])] == [{"bold": True}] * 2
    assert _parts(drawn[2])[0]["type"] == "rich_text_quote"


def test_fields_have_bold_labels() -> None:
    rows = (FieldRow("Cooldown", words("24 hours")),)
    (block,) = render(Document("s", (Fields(rows),))).blocks
    (row,) = _list(_parts(block)[0]["elements"])
    assert _list(row["elements"]) == [
        {"type": "text", "text": "Cooldown:", "style": {"bold": True}},
        {"type": "text", "text": " "},
        {"type": "text", "text": "24 hours"},
    ]


def test_small_print_is_small_as_long_as_nothing_in_it_reads_as_markup() -> None:
    source = Link("Vale & Co, 3 Nov 2023", "https://vale.example/?a=1&b=2")
    small = render(Document("s", (Footnote(words("Newest source: ", source, ".")),))).blocks
    assert small == [
        {
            "type": "context",
            "elements": [
                {
                    "type": "mrkdwn",
                    "text": "Newest source: "
                    "<https://vale.example/?a=1&amp;b=2|Vale &amp; Co, 3 Nov 2023>.",
                    "verbatim": True,
                }
            ],
        }
    ]
    for text in ("*bold*", "a_b@example.org", ":warning: sign", "> quote", "`code`", "~1~"):
        (block,) = render(Document("s", (Footnote(words(text)),))).blocks
        assert block == _rich(_section({"type": "text", "text": text}))
    for footnote in (words(strong("plain")), words("&" * 601)):  # 3,005 characters when escaped
        (block,) = render(Document("s", (Footnote(footnote),))).blocks
        assert block["type"] == "rich_text"


def test_a_button_carries_its_command_and_says_it_aloud() -> None:
    buttons = (
        Button("Mute here", "vendor mute nadir here"),
        Button("y" * 80, "vendor " + "z" * 80),
    )
    (block,) = render(Document("s", (Paragraph(words("p")), Actions(buttons)))).blocks[1:]
    first, second = _list(block["elements"])
    assert first == {
        "type": "button",
        "text": {"type": "plain_text", "text": "Mute here", "emoji": False},
        "action_id": "command:1",
        "value": "vendor mute nadir here",
        "accessibility_label": "Mute here: vendor mute nadir here",
    }
    assert second["action_id"] == "command:2"
    assert second["value"] == "vendor " + "z" * 80
    assert "y" * 74 + "…" in json.dumps(second, ensure_ascii=False)
    assert "accessibility_label" not in second


def test_a_button_without_a_command_is_not_offered() -> None:
    message = render(Document("s", (Paragraph(words("p")), Actions((Button("Nothing", ""),)))))
    assert message.blocks == render(Document("s", (Paragraph(words("p")),))).blocks


def test_a_command_too_long_for_a_button_is_left_out_not_cut() -> None:
    buttons = (Button("Long", "vendor " + "x" * 2000), Button("Short", "vendor x"))
    shown = json.dumps(render(Document("s", (Paragraph(words("p")), Actions(buttons)))).blocks)
    assert "Long" not in shown
    assert "Short" in shown
    assert "shortened" in shown


def test_many_paragraphs_become_one_block_rather_than_too_many() -> None:
    texts = tuple(Paragraph(words(f"paragraph {n}.")) for n in range(40))
    blocks = render(Document("s", (*texts[:20], Divider(), *texts[20:]))).blocks
    assert [block["type"] for block in blocks] == ["rich_text", "divider", "rich_text"]
    assert "paragraph 39." in json.dumps(blocks)


def test_too_long_a_document_is_shortened_between_items_and_says_so() -> None:
    items = tuple(
        Item(words(f"claim {n:03} ", "c" * 100), (words(f"answer {n:03} ", "a" * 100),))
        for n in range(100)
    )
    buttons = Actions((Button("Full record", "vendor record nadir"),))
    message = render(Document("s", (Heading(words("Nadir")), Bullets(items), buttons)))
    assert list(_broken_rules(message)) == []
    shown = json.dumps(message.blocks, ensure_ascii=False)
    claims = re.findall(r"claim (\d+)", shown)
    assert claims == re.findall(r"answer (\d+)", shown) == [f"{n:03}" for n in range(len(claims))]
    assert 20 < len(claims) < 40
    assert shown.index("… shortened") > shown.index(f"answer {claims[-1]}")
    assert message.blocks[-1]["type"] == "actions"


def test_the_fallback_text_is_cut_by_whole_characters() -> None:
    text = render(Document("<" * 2000, ())).text
    assert text == "&lt;" * 749 + "…"


def _broken_rules(message: SlackMessage) -> Iterator[str]:
    """Name every rule broken that the SDK's models do not check, and our own budgets."""
    blocks = message.blocks
    if not 1 <= len(blocks) <= 20:
        yield f"{len(blocks)} blocks"
    if not 1 <= len(message.text) <= 3000:
        yield f"text of {len(message.text)}"
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > 12_000:
        yield "too much JSON"
    if {block["type"] for block in blocks} - {"rich_text", "context", "divider", "actions"}:
        yield "unexpected block"
    shown = [str(e[key]) for e in _objects(blocks) for key in ("text", "url") if _is_str(e, key)]
    if sum(map(len, shown)) > 9000 + sum(len(str(b["value"])) for b in _of_type(blocks, "button")):
        yield "too many characters"
    if any(not text for text in shown):
        yield "empty text"
    yield from (f"empty {e['type']}" for e in _objects(blocks) if e.get("elements") == [])
    yield from _broken_part_rules(blocks)
    yield from _broken_button_rules(list(_of_type(blocks, "button")))


def _broken_part_rules(blocks: list[dict[str, JSON]]) -> Iterator[str]:
    if any(len(_list(row["elements"])) > 25 for row in _of_type(blocks, "actions")):
        yield "too many buttons"
    if any(len(str(text["text"])) > 3000 for text in _of_type(blocks, "mrkdwn")):
        yield "context too long"


def _broken_button_rules(buttons: list[dict[str, JSON]]) -> Iterator[str]:
    if len({str(button["action_id"]) for button in buttons}) != len(buttons):
        yield "action_id used twice"
    for button in buttons:
        (text,) = _of_type([button], "plain_text")
        if (
            not 1 <= len(str(text["text"])) <= 75
            or len(str(button.get("accessibility_label"))) > 75
        ):
            yield "button text"
        if not 1 <= len(str(button["value"])) <= 2000:
            yield "button value"


def _objects(tree: object) -> Iterator[dict[str, JSON]]:
    if isinstance(tree, dict):
        if "type" in tree:
            yield tree
        for value in tree.values():
            yield from _objects(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _objects(value)


def _of_type(tree: list[dict[str, JSON]], kind: str) -> Iterator[dict[str, JSON]]:
    return (each for each in _objects(tree) if each["type"] == kind)


def _is_str(element: dict[str, JSON], key: str) -> bool:
    return isinstance(element.get(key), str)


def _list(value: JSON) -> list[dict[str, JSON]]:
    assert isinstance(value, list)
    return [each for each in value if isinstance(each, dict)]


def _parts(block: dict[str, JSON]) -> list[dict[str, JSON]]:
    return _list(block["elements"])


def _texts(part: dict[str, JSON]) -> list[str]:
    return [str(element["text"]) for element in _of_type([part], "text")]


def _rich(*parts: JSON) -> dict[str, JSON]:
    return {"type": "rich_text", "elements": list(parts)}


def _section(*elements: JSON) -> dict[str, JSON]:
    return {"type": "rich_text_section", "elements": list(elements)}


HOSTILE = "a: |\n  ```\n  </code></pre><script>x</script> *b* <!channel> &lt; :smile:\n    > _q_"


def test_lines_to_copy_are_literal_in_a_block_of_their_own() -> None:
    message = render(Document("Copy", (Preformatted(HOSTILE), Paragraph(words("after")))))
    text: JSON = {"type": "text", "text": HOSTILE}
    assert message.blocks == [
        _rich({"type": "rich_text_preformatted", "elements": [text]}),
        _rich(_section({"type": "text", "text": "after"})),
    ]
    assert message.text == "Copy"


def test_many_lines_to_copy_come_whole_in_several_messages() -> None:
    lines = [f"  - text: {number} {'<&> ' * 12}" for number in range(500)]
    sent = render_pages(Document("Copy", (Preformatted("\n".join(lines)),)))
    assert len(sent) > 2
    drawn = [each for message in sent for each in _of_type(message.blocks, "text")]
    assert "\n".join(str(each["text"]) for each in drawn).split("\n") == [
        line.rstrip() for line in lines
    ]
