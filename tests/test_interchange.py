"""Records as text: one record one text, and a stream gives back the files that went into it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import pack
from bot.core.vendor import Vendor
from bot.core.watchlist import Watchlist
from bot.errors import InvalidFileError
from bot.interchange import programs_text, split, stream, vendor_text
from bot.yamlfile import Plain, parse
from bot.yamlwriter import WIDTH, Layout, write
from tests.build import full_vendor, name, program, vendor, write_pack

AWKWARD = [
    "no", "2021", "2021-05~", "- x", "a: b", "a #b", "#a", "a:", "", " a", "a ", "~", "null", "1e5",
    "0x1F", "12:30", "[a", "a, b", "a  b", "{", "*a", "&a", "!a", "%a", "@a", "`a", "'a'", '"a"',
    "\u2028x", "x\u0085y", "\ufeffx", "a\nb", "---", "...", "? a", "=", "<<", "a" * 150,
    "a b " * 60,
]  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200) | st.sampled_from(
    AWKWARD
)
VALUES: st.SearchStrategy[Plain] = st.recursive(
    st.none() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def readable(text: str) -> bool:
    """Say whether the reader takes such text at all: it refuses marks that turn text round."""
    try:
        parse(('"' + "".join(ch for ch in text if ch not in '"\\') + '"').encode(), "x")
    except InvalidFileError:
        return False
    return True


@settings(max_examples=30)
@given(st.dictionaries(TEXTS.filter(readable), VALUES, min_size=1, max_size=4))
def test_what_is_written_is_read_back_as_it_was(data: dict[str, Plain]) -> None:
    layout = Layout(apart=frozenset(list(data)[:1]), spaced=frozenset(data))
    text = write(data, layout)
    if readable(text):
        assert parse(text.encode(), "x").data == data
        assert write(data, layout) == text


def test_long_text_is_folded_and_short_lists_stand_on_one_line() -> None:
    data: dict[str, Plain] = {
        "text": "word " * 40 + "end",
        "sources": ["a-2024", "b-2025"],
        "names": [
            {"value": "Acme Co., Ltd", "role": "legal"},
            {"value": "x" * 100, "role": "alias"},
        ],
        "since": "2024-01-02",
        "empty": {},
    }
    lines = write(data).splitlines()
    assert lines[0] == "text: >-"
    assert max(map(len, lines[:3])) <= WIDTH
    assert lines[3:] == [
        "sources: [a-2024, b-2025]",
        "names:",
        '  - {value: "Acme Co., Ltd", role: legal}',
        f"  - value: {'x' * 100}",
        "    role: alias",
        'since: "2024-01-02"',
        "empty: {}",
    ]


def test_the_shipped_files_are_in_their_canonical_text(shipped: Watchlist) -> None:
    for path in pack.files([pack.shipped()]):
        canonical = (
            programs_text(shipped.programs)
            if path.name == "programs.yml"
            else vendor_text(shipped.get(path.stem))
        )
        assert path.read_text(encoding="utf-8") == canonical, f"run: watchlist format ({path.name})"


def test_a_stream_of_the_shipped_watchlist_comes_apart_into_its_files(shipped: Watchlist) -> None:
    documents = split("-", "".join(stream(shipped)))
    texts = {path.read_text(encoding="utf-8") for path in pack.files([pack.shipped()])}
    assert {document.text for document in documents} == texts


def test_a_single_file_is_a_stream_of_one_with_its_comments_kept() -> None:
    text = "# ours\n" + vendor_text(full_vendor())
    (document,) = split("acme.yml", text)
    assert document.text == text
    assert document.content == full_vendor()


def test_problems_are_told_at_their_line_in_the_stream_all_at_once() -> None:
    good = vendor_text(vendor("acme-cam"))
    bad = vendor_text(vendor("zenit")).replace("country:", "cuontry:")
    broken = "a: [b\n"
    text = f"---\n{good}---\n{bad}---\n{broken}"
    with pytest.raises(InvalidFileError) as caught:
        split("all.yml", text)
    wrong = text.splitlines().index("cuontry: ZZ") + 1
    last = len(text.splitlines())
    assert str(caught.value).splitlines() == [
        f"all.yml:{wrong}:1: unknown key 'cuontry'; did you mean 'country'?",
        f"all.yml:{last}:4: this [ is not closed, or a comma is missing in it",
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "---\n---\n", "# nothing here\n"])
def test_a_stream_without_a_record_says_so(text: str) -> None:
    with pytest.raises(InvalidFileError, match="there is no record in it"):
        split("-", text)


def test_a_line_of_dashes_inside_text_starts_no_document() -> None:
    told = vendor("acme-cam", headquarters="--- Springfield")
    assert [each.content for each in split("-", vendor_text(told))] == [told]


def test_every_field_of_a_record_survives(tmp_path: Path) -> None:
    rich = full_vendor(
        names=[
            name("Acme Cam"),
            name("AC", match="context", requires=["camera"], note="weak: say so"),
        ]
    )
    folder = write_pack(tmp_path, rich, programs={"ZZ-TRADE": program()})
    (again,) = (
        each.content
        for each in split("-", "".join(stream(pack.load([folder]))))
        if isinstance(each.content, Vendor)
    )
    assert again == rich
