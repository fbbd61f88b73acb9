"""Matrix messages: permitted HTML and plain text, neither of which pings or poses as anybody."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given

from bot.core.document import (
    Actions,
    Block,
    Bullets,
    Button,
    Divider,
    Document,
    FieldRow,
    Fields,
    Footnote,
    Heading,
    Item,
    Link,
    Paragraph,
    Preformatted,
    Quote,
    Struck,
    Text,
    Typed,
    said,
    spoken,
    strong,
    words,
)
from bot.core.signs import signed
from bot.platforms.matrix.render import MatrixMessage, render, render_pages
from tests.platforms.hostile import documents, readable_documents, thoroughly, words_of

# The strongly suggested set of the specification, client-server API, m.room.message msgtypes.
PERMITTED = frozenset(
    re.findall(
        r"\w+",
        "del h1 h2 h3 h4 h5 h6 blockquote p a ul ol sup sub li b i u strong em s code hr br div"
        " table thead tbody tr th td caption pre span img details summary",
    )
)


class _Page(HTMLParser):
    """Reads HTML as a client does and keeps what a sanitiser would have to judge."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.addresses += [value or "" for _, value in attrs]
        if tag not in {"hr", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


@thoroughly
@given(documents(400))
def test_no_document_leaves_the_permitted_html(document: Document) -> None:
    message = render(document)
    page = _Page(message.formatted_body)
    assert page.tags <= PERMITTED
    assert page.attributes <= {("a", "href")}
    assert page.open == []
    assert all(urlsplit(url).scheme in {"http", "https"} for url in page.addresses)
    assert message.body.strip()
    assert page.texts


@thoroughly
@given(documents(400))
def test_no_document_is_larger_than_the_budget(document: Document) -> None:
    message = render(document)
    assert len((message.body + message.formatted_body).encode()) <= 16 * 1024


@thoroughly
@given(documents())
def test_nobody_is_pinged_and_nothing_becomes_a_pill(document: Document) -> None:
    message = render(document)
    page = _Page(message.formatted_body)
    assert not re.search(r"@room(?![a-z0-9_])", message.body, re.IGNORECASE)
    for text in (message.body, *page.texts):
        assert not re.search(r"[@#!][^\s:@#!\u200b]+:[^\s\u200b]", _without_addresses(text))
        assert "matrix.to/" not in text.lower()
    for url in page.addresses:
        assert (urlsplit(url).hostname or "").lower() != "matrix.to"
        assert not re.search(r"#/.*@alice:", unquote(url))


@thoroughly
@given(readable_documents())
def test_every_word_of_a_document_is_in_both_forms(document: Document) -> None:
    message = render(document)
    assert "shortened" not in message.body
    for word in words_of(document):
        assert word in message.body
        assert any(word in text for text in _Page(message.formatted_body).texts)
    assert document.summary in " ".join(message.body.split())


def test_a_card_reads_well_as_plain_text() -> None:
    assert _card().body == (
        "Nadir Optics: 1 measure in force.\n"
        "\n"
        "Nadir Optics (天底光学)\n"
        "Port Vale, Zedland.\n"
        "\n"
        "- Ban: since 2018 ~~2017~~ [Gazette (https://gazette.example/?a=1&b=2)]\n"
        "    ↳ Denial: “never”\n"
        "- Export control: since 2019\n"
        "\n"
        "> We never counted.\n"
        "\n"
        "- Cooldown: 24 hours\n"
        "\n"
        "---\n"
        "\n"
        "Not legal advice. Corrections: desk@example.org\n"
        "\n"
        "React, or type:\n"
        "📄 Full record: !vendor record nadir\n"
        "1️⃣ Mute here: !vendor mute nadir here"
    )


def test_a_card_is_structured_as_html() -> None:
    assert _card().formatted_body == (
        "<h3><strong>Nadir Optics</strong> (天底光学)</h3>"
        "<p>Port Vale, Zedland.</p>"
        "<ul><li><strong>Ban</strong>: since 2018 <del>2017</del> "
        '[<a href="https://gazette.example/?a=1&amp;b=2">Gazette</a>]'
        "<ul><li>↳ <strong>Denial</strong>: “never”</li></ul></li>"
        "<li><strong>Export control</strong>: since 2019</li></ul>"
        "<blockquote><p>We never counted.</p></blockquote>"
        "<ul><li><strong>Cooldown:</strong> 24 hours</li></ul>"
        "<hr>"
        "<p><em>Not legal advice. Corrections: desk@example.org</em></p>"
        "<p>React, or type:<br>📄 Full record <code>!vendor record nadir</code>"
        "<br>1️⃣ Mute here <code>!vendor mute nadir here</code></p>"
    )


def test_a_summary_that_the_text_says_anyway_is_not_said_twice() -> None:
    message = render(
        Document("Muted here for 7 days.", (Paragraph(words("Muted here for 7 days.")),))
    )
    assert message.body == "Muted here for 7 days."


def test_a_summary_of_two_paragraphs_is_not_said_twice() -> None:
    blocks = (Paragraph(words("No such vendor.")), Footnote(words("That is not clearance.")))
    message = render(Document("No such vendor. That is not clearance.", blocks))
    assert message.body == "No such vendor.\n\nThat is not clearance."


def test_a_summary_with_a_command_in_it_is_not_said_twice() -> None:
    message = render(said("Only admins may use `vendor watch`; nothing was done."))
    assert message.body == "Only admins may use !vendor watch; nothing was done."


def test_the_title_of_a_document_is_larger_than_those_of_its_parts() -> None:
    blocks = (Heading(words("Nadir")), Paragraph(words("p")), Heading(words("Claims")))
    html = render(Document("s", blocks)).formatted_body
    assert html == "<h3>Nadir</h3><p>p</p><h4>Claims</h4>"


def test_small_print_is_as_large_as_the_rest() -> None:
    html = render(Document("s", (Footnote(words("Not legal advice.")),))).formatted_body
    assert html == "<p><em>Not legal advice.</em></p>"


def test_a_button_alone_stands_on_the_line_of_its_lead() -> None:
    document = Document("s", (Actions((Button("Undo", "vendor unmute 1", "↩️"),)),))
    assert render(document).body == "s\n\nReact, or type: ↩️ Undo: !vendor unmute 1"


@pytest.mark.parametrize(
    ("first", "title"),
    [(Heading(words("Nadir: full record")), "Nadir: full record"), (Paragraph(words("p")), "s")],
)
def test_every_later_part_says_what_it_is_part_of(first: Block, title: str) -> None:
    long = tuple(Paragraph(words("x" * 3000)) for _ in range(5))
    parts = render_pages(Document("s", (first, *long)))
    assert len(parts) == 3
    for number, part in enumerate(parts[1:], 2):
        assert part.formatted_body.startswith(f"<h3>{title} (part {number})</h3><p>x")
        assert part.body.startswith(f"s (part {number})\n")
        assert len((part.body + part.formatted_body).encode()) <= 16 * 1024


def test_markup_from_outside_is_shown_not_obeyed() -> None:
    message = render(Document("s", (Paragraph(words("<b>&amp;</b>\"'")),)))
    assert message.formatted_body == "<p>&lt;b&gt;&amp;amp;&lt;/b&gt;\"'</p>"
    assert "<b>&amp;</b>\"'" in message.body


@pytest.mark.parametrize(
    "text",
    [
        words("@room"),
        words("hello@ROOM, all"),
        words(strong("@"), "room"),
        words("see ", Link("@room", "https://example.org/@room")),
        words("@alice:example.org"),
    ],
)
def test_a_mention_in_a_title_pings_nobody(text: tuple[Text | Link | Struck, ...]) -> None:
    body = render(Document("s", (Paragraph(text),))).body
    assert not re.search(r"@(room\b|alice:)", body, re.IGNORECASE)


def test_an_email_address_can_still_be_copied() -> None:
    message = render(Document("s", (Paragraph(words("desk@example.org: write to us")),)))
    assert "desk@example.org: write" in message.body
    assert "desk@example.org: write" in message.formatted_body


def test_an_address_with_an_at_sign_still_leads_to_its_page() -> None:
    url = "https://social.example/@alice"
    message = render(Document("s", (Paragraph(words(Link("post", url))),)))
    assert url in message.body
    assert f'href="{url}"' in message.formatted_body


@pytest.mark.parametrize(
    "url",
    [
        "https://matrix.to/#/@alice:example.org",
        "https://www.matrix.to/#/#room:example.org",
        "https://client.example/#/user/@alice:example.org",
        "https://client.example/#/user/%40alice%3Aexample.org",
    ],
)
def test_a_link_that_would_pose_as_a_person_or_room_is_only_its_label(url: str) -> None:
    message = render(Document("s", (Paragraph(words(Link("minister", url))),)))
    assert message == MatrixMessage("s\n\nminister", "<p>minister</p>")


def test_a_mention_cannot_be_put_together_from_such_a_label_and_the_words_beside_it() -> None:
    run = (Link("@alice", "https://matrix.to/#/@bob:example.org"), Text(":example.org"))
    message = render(Document("s", (Paragraph(run),)))
    assert message.formatted_body == "<p>@\u200balice:example.org</p>"
    assert message.body == "s\n\n@\u200balice:example.org"


def test_a_matrix_address_in_a_title_does_not_become_a_pill() -> None:
    text = words("https://matrix.to/#/@alice:example.org matrix:u/alice:example.org")
    message = render(Document("s", (Paragraph(text),)))
    for form in (message.body, message.formatted_body):
        assert "matrix.to" not in form
        assert "matrix:u/" not in form
        assert form.replace("\u200b", "").count("alice:example.org") == 2


def test_too_long_a_document_is_shortened_between_items_and_says_so() -> None:
    items = tuple(
        Item(words(f"claim {n:03} ", "c" * 100), (words(f"answer {n:03} ", "海" * 50),))
        for n in range(200)
    )
    message = render(Document("s", (Bullets(items), Footnote(words("Not legal advice.")))))
    for form in (message.body, message.formatted_body):
        claims = re.findall(r"claim (\d+)", form)
        assert claims == re.findall(r"answer (\d+)", form)
        assert 15 < len(claims) < 60
        assert form.index("… shortened") > form.index(f"answer {claims[-1]}")
        assert "Not legal advice." in form


def test_a_very_long_summary_does_not_crowd_out_the_card() -> None:
    message = render(Document("s" * 9000, (Paragraph(words("The card.")),)))
    assert message.body == "s" * 499 + "…\n\nThe card."


def _card() -> MatrixMessage:
    gazette = Link("Gazette", "https://gazette.example/?a=1&b=2")
    return render(
        Document(
            "Nadir Optics: 1 measure in force.",
            (
                Heading(words(strong("Nadir Optics"), " (天底光学)")),
                Paragraph(words("Port Vale, Zedland.")),
                Bullets(
                    (
                        Item(
                            words(
                                strong("Ban"), ": since 2018 ", Struck("2017"), " [", gazette, "]"
                            ),
                            (words("↳ ", strong("Denial"), ": “never”"),),
                        ),
                        Item(words(strong("Export control"), ": since 2019")),
                    )
                ),
                Quote(words("We never counted.")),
                Fields((FieldRow("Cooldown", words("24 hours")),)),
                Divider(),
                Footnote(words("Not legal advice. Corrections: desk@example.org")),
                Actions(
                    (
                        Button("Full record", "vendor record nadir", "📄"),
                        Button("Mute here", "vendor mute nadir here"),
                    )
                ),
            ),
        )
    )


def _without_addresses(text: str) -> str:
    """Take out web addresses: clients read them as such first."""
    return re.sub(r"https?://\S+", "", text, flags=re.IGNORECASE)


@pytest.mark.parametrize(
    ("first", "second"),
    [("<!channel>", ":example.org"), ("@", "room"), ("x@ro", "om"), ("#", "hall:example.org")],
)
def test_two_runs_side_by_side_make_no_mention(first: str, second: str) -> None:
    body = render(Document("s", (Paragraph(words(first, strong(second))),))).body
    assert first + second not in body
    assert (first + second) in body.replace("\u200b", "")


def test_a_command_to_type_has_matrixs_sign_and_a_shells_line_has_none() -> None:
    message = render(Document("s", (Paragraph(spoken("Type `vendor help`.")),)))
    assert message.body == "s\n\nType !vendor help."
    assert message.formatted_body == "<p>Type <code>!vendor help</code>.</p>"
    message = render(Document("s", (Paragraph(spoken("Run `vendorwatch outbox retry`.")),)))
    assert message.body == "s\n\nRun vendorwatch outbox retry."
    assert message.formatted_body == "<p>Run <code>vendorwatch outbox retry</code>.</p>"


def test_a_hostile_command_to_type_is_letters_and_makes_no_room_of_its_sign() -> None:
    run = (Typed("hall:example.org"), Text(" "), Typed("</code><b>@room"))
    message = render(Document("s", (Paragraph(run),)))
    assert message.formatted_body == (
        "<p><code>!\u200bhall:example.org</code> "
        "<code>!&lt;/code&gt;&lt;b&gt;@\u200broom</code></p>"
    )
    assert message.body == "s\n\n!\u200bhall:example.org !</code><b>@\u200broom"


def test_buttons_without_a_sign_left_are_offered_to_be_typed() -> None:
    buttons = tuple(Button(f"Choice {n}", f"vendor {n}") for n in range(1, 12))
    message = render(Document("s", (Paragraph(words("p")), Actions(buttons[:10]))))
    assert message.body.endswith("\n9️⃣ Choice 9: !vendor 9\n🔟 Choice 10: !vendor 10")
    more = Document("s", (Paragraph(words("p")), Actions(buttons[:10]), Actions(buttons[10:])))
    assert render(more).body.endswith("\n\nType: Choice 11: !vendor 11")
    assert render(more).formatted_body.endswith("<p>Type: Choice 11 <code>!vendor 11</code></p>")


def test_a_sign_stands_for_the_same_button_on_every_page() -> None:
    long = tuple(Paragraph(words("x" * 3000)) for _ in range(3))
    choices = [Actions((Button(f"Choice {n}", f"vendor {n}"),)) for n in (1, 2)]
    document = Document("s", (choices[0], *long, choices[1]))
    assert [page.signs for page in render_pages(document)] == [("1️⃣",), ("2️⃣",)]


@thoroughly
@given(documents())
def test_every_sign_that_is_offered_stands_in_both_forms(document: Document) -> None:
    message = render(document)
    assert set(message.signs) <= {sign for sign, _ in signed(document)}
    assert len(set(message.signs)) == len(message.signs)
    shown = "".join(_Page(message.formatted_body).texts).replace("\u200b", "")
    assert all(sign in shown for sign in message.signs)
    assert all(sign in message.body.replace("\u200b", "") for sign in message.signs)


def test_an_address_to_write_to_can_be_copied() -> None:
    footnote = Document("s", (Footnote(words("Corrections: press@acme.example")),))
    assert "press@acme.example" in render(footnote).body


EVENT = "https://matrix.to/#/!hall:example.org/$eVent-1_2"


@pytest.mark.parametrize(
    "url",
    [
        EVENT,
        f"{EVENT}?via=example.org",
        f"{EVENT}?via=example.org:8448",
        "https://matrix.to/#/!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM/$e?via=a.example",
        "https://matrix.to/#/!hall:example.org/$old:example.org",
    ],
)
def test_a_link_to_a_message_can_be_followed(url: str) -> None:
    message = render(Document("s", (Paragraph((Link("posted before", url),)),)))
    assert f'<a href="{url}">posted before</a>' in message.formatted_body
    assert f"posted before ({url})" in message.body


@pytest.mark.parametrize(
    "url",
    [
        "https://matrix.to/#/@alice:example.org",
        "https://matrix.to/#/@alice:example.org/$event",
        "https://matrix.to/#/!hall:example.org",
        "https://matrix.to/#/!hall:example.org?via=example.org",
        "https://matrix.to/#/!hall:example.org/@alice:example.org",
        "https://matrix.to/#/#hall:example.org",
        "https://matrix.to/#/#hall:example.org/$event",
        f"{EVENT}/@alice:example.org",
        f"{EVENT}?via=@alice:example.org",
        f"{EVENT}?via=%40alice",
        f"{EVENT}#/@alice:example.org",
        "https://matrix.to/#/!x%2F%40alice:example.org/$event",
        "https://matrix.to/#/%40alice:example.org/$event",
        "https://evil.matrix.to/#/!hall:example.org/$event",
        "https://app.client.example/#/room/!hall:example.org/$event",
    ],
)
def test_a_link_that_clients_draw_as_somebody_or_a_room_is_text(url: str) -> None:
    message = render(Document("s", (Paragraph((Link("pose", url), Text(" x"))),)))
    assert "<a" not in message.formatted_body
    assert "matrix.to" not in message.body


HOSTILE = "a: |\n  ```\n  </code></pre><script>x</script> *b* <!channel> &lt; :smile:\n    > _q_"


def test_lines_to_copy_are_a_block_of_code_and_no_markup() -> None:
    message = render(Document("Copy this", (Preformatted(HOSTILE),)))
    page = _Page(message.formatted_body)
    assert page.tags == {"pre", "code"}
    assert "".join(page.texts) == HOSTILE
    assert message.body == f"Copy this\n\n{HOSTILE}"


def test_lines_to_copy_ping_nobody() -> None:
    message = render(Document("Copy this", (Preformatted("note: @room and @bea:a.example"),)))
    assert "@room" not in message.body + message.formatted_body
    assert "@bea:a" not in message.body + message.formatted_body


def test_many_lines_to_copy_come_whole_in_several_events() -> None:
    lines = [f"  - text: {number} {'<&> ' * 12}é" for number in range(500)]
    sent = render_pages(Document("Copy", (Preformatted("\n".join(lines)),)))
    assert len(sent) > 2
    code = re.compile("<pre><code>(.*?)</code></pre>", re.DOTALL)
    drawn = "\n".join(found for each in sent for found in code.findall(each.formatted_body))
    assert unescape(drawn).split("\n") == lines
