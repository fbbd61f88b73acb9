"""Lists of feeds as they come out of feed readers and out of people's editors."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotError
from bot.feeds.formats import opml
from bot.feeds.formats.opml import Listed

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)


def listed(body: str) -> tuple[Listed, ...]:
    return opml.read(f"<opml version='2.0'><body>{body}</body></opml>".encode(), "list")


def refused(data: bytes) -> str:
    with pytest.raises(BotError) as raised:
        opml.read(data, "newsroom.opml")
    told = str(raised.value)
    assert told.startswith("newsroom.opml: ")
    assert "\n" not in told
    return told


def test_folders_are_opened_and_each_feed_is_there_once_in_order() -> None:
    assert listed(
        "<outline text='News'><outline text='Local'><outline xmlUrl='https://a.example/f'"
        " text='A'/></outline><outline xmlUrl='https://b.example/f' title='B'/></outline>"
        "<outline xmlUrl='https://a.example/f' text='A again'/>"
    ) == (Listed("https://a.example/f", "A"), Listed("https://b.example/f", "B"))


def test_names_in_any_case_and_namespace_are_understood() -> None:
    data = (
        b"<OPML xmlns='http://old.example/' xmlns:o='http://o.example/'><BODY><OUTLINE TEXT='f'>"
        b"<Outline XMLURL='https://a.example/'/><o:outline xmlurl='https://b.example/'/>"
        b"</OUTLINE></BODY></OPML>"
    )
    assert [each.url for each in opml.read(data, "list")] == [
        "https://a.example/",
        "https://b.example/",
    ]


def test_bare_ampersands_and_names_of_html_cost_no_address() -> None:
    [feed] = listed(
        "<outline xmlUrl='https://a.example/?x=1&y=2&copy=3&amp;z=4&#38;q' text='Caf&eacute; & b'/>"
    )
    assert feed == Listed("https://a.example/?x=1&y=2&copy=3&z=4&q", "Café & b")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("feed://a.example/f", "http://a.example/f"),
        ("feed:https://a.example/f", "https://a.example/f"),
        (" https://a.example/f ", "https://a.example/f"),
    ],
)
def test_addresses_as_readers_write_them_are_addresses(written: str, meant: str) -> None:
    assert listed(f"<outline xmlUrl='{written}'/>") == (Listed(meant),)


@pytest.mark.parametrize(
    "written", ["javascript:x", "/feed.xml", "https://a b/", "ftp://a.example/", "", "https://"]
)
def test_what_is_no_address_is_passed_over(written: str) -> None:
    good = "<outline xmlUrl='https://a.example/'/>"
    assert listed(f"<outline xmlUrl='{written}'/>{good}") == (Listed("https://a.example/"),)


def test_what_could_be_no_feed_is_told_by_its_title() -> None:
    body = (
        "<outline text='Folder'><outline text='Good' xmlUrl='https://a.example/'/></outline>"
        "<outline text='None'/><outline title='Script' text='x' xmlUrl='javascript:x'/>"
        "<outline xmlUrl='ftp://user:pw@a.example/'/><outline/>"
        "<outline text='said' isComment='true'/>"
        "<outline text='Both' xmlUrl='feed.xml'><outline text='In' xmlUrl='https://b.example/'/>"
        "</outline>"
    )
    assert [each.title for each in listed(body)] == ["Good", "In"]
    left_out = opml.left_out(f"<opml><body>{body}</body></opml>".encode())
    assert left_out == ("None", "Script", "ftp://a.example/", "(no title)", "Both")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1251"]
)
def test_encodings_are_found_out(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    text = (
        f"\r\n<?xml version='1.0' encoding='{declared}'?><opml><body>"
        "<outline xmlUrl='https://a.example/' text='Новости мира и города'/></body></opml>\r\n"
    )
    assert opml.read(text.encode(encoding), "list") == (
        Listed("https://a.example/", "Новости мира и города"),
    )


def test_nothing_is_taken_from_files_or_declared_entities(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    data = (
        f"<!DOCTYPE opml [<!ENTITY file SYSTEM '{secret.as_uri()}'><!ENTITY own 'expanded'>"
        "<!ENTITY % more SYSTEM 'http://127.0.0.1:9/x.dtd'> %more;]><opml><body>"
        "<outline xmlUrl='https://a.example/' text='&file; &own;'>&file;</outline></body></opml>"
    )
    [feed] = opml.read(data.encode(), "list")
    assert "hunter2" not in feed.title
    assert "expanded" not in feed.title


def test_entities_that_grow_do_not() -> None:
    declared = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 12))
    data = (
        f"<!DOCTYPE opml [<!ENTITY e0 'x'>{declared}]><opml><body>"
        "<outline xmlUrl='https://a.example/' text='&e11;'/></body></opml>"
    )
    assert len(opml.read(data.encode(), "list")[0].title) < 20


@pytest.mark.parametrize("head", [b"<!DOCTYPE ", b"<!DOCTYPE opml [", b"&", b"<opml ", b"</opml "])
def test_made_up_beginnings_take_no_time(head: bytes) -> None:
    # Whatever is quadratic in these takes minutes.
    with pytest.raises(BotError):
        opml.read(head * (200_000 // len(head)), "list")


def test_a_list_may_have_ten_thousand_feeds_and_no_more() -> None:
    many = [f"<outline xmlUrl='https://a.example/{number}'/>" for number in range(10_001)]
    assert len(listed("".join(many[1:]))) == 10_000
    data = f"<opml><body>{''.join(many)}</body></opml>".encode()
    assert refused(data) == "newsroom.opml: has more than 10000 feeds; split it up"


def test_a_list_that_ends_in_the_middle_is_refused_whole() -> None:
    data = opml.write([Listed(f"https://a.example/{n}") for n in range(9)], "Feeds", NOW)
    assert "ends in the middle" in refused(data[: len(data) * 2 // 3])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<opml><body/></opml>", "lists no feed: no outline has an xmlUrl"),
        (b"<opml/>", "lists no feed"),
        (b"", "is not OPML"),
        (b"{}", "is not OPML"),
        (b"\0\0\0", "is not OPML"),
        (b"<html><body>Please log in</body></html>", "is not OPML"),
        (b"<rss version='2.0'><channel/></rss>", "is not OPML"),
        (b"x" * (opml.MOST_BYTES + 1), "larger than 4 MiB"),
    ],
)
def test_what_is_no_list_is_refused_in_one_line(data: bytes, why: str) -> None:
    assert why in refused(data)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ("<opml>\n<body>\n<outline></body></opml>", "line 3, column "),
        ("\n\n<opml><body></opml>", "line 3, column "),
        ("<!DOCTYPE opml [\n<!ENTITY a 'b'>\n]>\n<opml>\n<body></opml>", "line 5, column "),
        ("<?xml version='1.0'?>\n<opml><body>", "line 2, column "),
    ],
)
def test_where_a_list_is_broken_is_told(data: str, where: str) -> None:
    told = opml.fault(data.encode())
    assert told is not None
    assert told.startswith(where)
    assert ", line" not in told


def test_a_list_that_people_wrote_badly_and_can_be_read_is_not_broken() -> None:
    text = "<opml><body><outline text='A & B' xmlUrl='https://a.example/?a=1&b=2'/></body></opml>"
    assert opml.fault(text.encode()) is None
    assert opml.read(text.encode(), "list") == (Listed("https://a.example/?a=1&b=2", "A & B"),)


def test_what_stands_in_place_of_addresses_is_told_once() -> None:
    outlines = "".join(
        f"<outline xmlUrl='{each}'/>" for each in ("", "no address", "no address", "ftp://a/b")
    )
    data = f"<opml><body>{outlines}<outline xmlUrl='https://a.example/'/></body></opml>".encode()
    assert opml.no_addresses(data) == ("no address", "ftp://a/b")
    assert opml.read(data, "list") == (Listed("https://a.example/"),)


def test_a_written_list_without_titles_shows_no_secret_as_one() -> None:
    secret = Listed("https://user:pw@a.example/f?token=abc")
    text = opml.write([secret], "Feeds", NOW).decode()
    assert text.count("pw@") == 1  # in the address itself, where it must be
    assert opml.read(text.encode(), "list") == (secret,)


_WORDS = st.text(st.sampled_from("aé海&<>\"';#"), min_size=1, max_size=9)
_ADDRESSES = st.text("az&=?;#%'.~-", max_size=20).map("https://a.example/".__add__)


@given(st.dictionaries(_ADDRESSES, st.lists(_WORDS, max_size=4).map(" ".join), min_size=1))
def test_what_is_written_is_read_again(feeds: dict[str, str]) -> None:
    wanted = tuple(Listed(url, title) for url, title in feeds.items())
    assert opml.read(opml.write(wanted, "Feeds <& so on", NOW), "list") == wanted
