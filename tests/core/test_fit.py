from hypothesis import given
from hypothesis import strategies as st

from bot.core.document import (
    Bullets,
    Document,
    Footnote,
    Heading,
    Item,
    Paragraph,
    plain,
    runs,
    size,
    words,
)
from bot.core.fit import pages

ITEMS = st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=30)


@given(ITEMS, st.integers(40, 200))
def test_pages_keep_every_word_in_order_and_every_limit(texts: list[str], limit: int) -> None:
    items = tuple(Item(words(text), (words(f"↳ {text}"),)) for text in texts)
    whole = Document("S", (Heading(words("H")), Bullets(items), Footnote(words("F"))))
    parts = pages(whole, lambda page: size(page.blocks) <= limit)
    joined = [plain(run) for part in parts for block in part.blocks for run in runs(block)]
    assert joined == [plain(run) for block in whole.blocks for run in runs(block)]
    assert all(
        size(part.blocks) <= limit or len(list(runs(part.blocks[-1]))) == 2 for part in parts
    )


def test_a_page_never_parts_a_claim_from_its_answer() -> None:
    item = Item(words("claim " * 20), (words("answer " * 20),))
    whole = Document("S", (Bullets((item, item, item)),))
    parts = pages(whole, lambda page: size(page.blocks) <= 100)
    assert [part.blocks for part in parts] == [(Bullets((item,)),)] * 3
    assert [part.summary for part in parts] == ["S", "S (part 2)", "S (part 3)"]


def test_a_heading_goes_with_what_it_stands_over() -> None:
    blocks = (Paragraph(words("a" * 50)), Heading(words("H")), Paragraph(words("b" * 50)))
    parts = pages(Document("S", blocks), lambda page: size(page.blocks) <= 60)
    assert [part.blocks for part in parts] == [blocks[:1], blocks[1:]]


def test_a_short_document_is_one_page_as_it_was() -> None:
    whole = Document("S", (Heading(words("H")), Footnote(words("F"))))
    assert pages(whole, lambda _page: True) == (whole,)
