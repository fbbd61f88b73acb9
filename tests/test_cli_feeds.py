"""`vendorwatch feeds`: what an operator types and reads, against a server on loopback."""

import asyncio
import io
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import command_line
from bot.core.feed import CONFIGURED, Poll, Route
from bot.core.mention import Channel
from bot.feeds.formats import opml
from bot.storage.store import Store
from tests.feeds.server import FeedServer
from tests.storage.sample import Policy

NOW = datetime(2024, 3, 4, 12, 0, tzinfo=UTC)
RSS = (
    "<rss version='2.0'><channel><title>The Paper</title><item><title>Hikvision cameras</title>"
    "<guid>a</guid><pubDate>Mon, 04 Mar 2024 09:00:00 GMT</pubDate></item></channel></rss>"
)
PAGE = (
    "<html><head><link rel='alternate' type='application/rss+xml' title='All' href='/feed.xml'>"
    "</head><body>News</body></html>"
)
Run = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def served() -> Iterator[FeedServer]:
    """Serve from a thread of its own, since a command has its own event loop."""
    loop = asyncio.new_event_loop()
    server = FeedServer()
    loop.run_until_complete(server.__aenter__())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.run_until_complete(server.__aexit__(None, None, None))
    loop.close()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write(tmp_path)


def write(folder: Path, **feeds: object) -> Path:
    url = f"sqlite+aiosqlite:///{folder / 'bot.db'}"
    settings = {"database": {"url": url}, "feeds": {"allow_networks": ["127.0.0.0/8"], **feeds}}
    (folder / "config.yml").write_text(json.dumps(settings))
    return folder / "config.yml"


@pytest.fixture
def run(config: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def given(*arguments: str) -> tuple[int, list[str], list[str]]:
        code = command_line(["feeds", *arguments, "--config", str(config)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out.splitlines(), said.err.splitlines()

    return given


A, B = "https://a.example/feed", "https://b.example/feed"
SECRET = "https://bea:hunter2@c.example/feed?token=abc"  # noqa: S105 - invented


# ------------------------------------------------------------------------------- check


def test_check_says_what_is_in_a_feed(served: FeedServer, run: Run) -> None:
    served.put("/feed.xml", RSS, etag='"1"')
    code, out, _ = run("check", served.url("/feed.xml"))
    assert code == 0
    assert out[0] == f"{served.url('/feed.xml')}: The Paper"
    assert out[1] == "  1 entry, the newest of 4 Mar 2024 09:00 UTC"
    assert out[2] == "  its server can say that nothing changed"
    assert out[3].startswith("  would be asked again in about ")
    assert out[4] == "  names hikvision in 1 entry"


@pytest.mark.parametrize("page", [PAGE, "<html><body>Nothing said</body></html>"])
def test_check_names_the_feeds_of_a_page_or_finds_them(
    served: FeedServer, run: Run, page: str
) -> None:
    served.put("/feed.xml", RSS)
    served.put("/news", page, kind="text/html")
    code, out, _ = run("check", served.url("/news"))
    assert code == 1
    assert out[0] == f"{served.url('/news')} is no feed; feeds of that site:"
    assert out[1].split("\t")[0] == served.url("/feed.xml")


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("text/html", "<html><body>Nothing</body></html>", "/x "),
        ("application/pdf", "%PDF-1.7", "/x is a PDF, which is not read"),
        ("text/x-opml", opml.write([opml.Listed(A)], "F", NOW).decode(), "is a list of 1 feed;"),
    ],
)
def test_check_says_what_is_there_instead_of_a_feed(
    served: FeedServer, run: Run, kind: str, body: str, words: str
) -> None:
    served.put("/x", body, kind=kind)
    code, out, err = run("check", served.url("/x"))
    assert (code, err) == (1, [])
    assert len(out) == 1
    assert words in out[0]


# -------------------------------------------------------------------------- one clear line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "ftp://a.example/"), "must start with http:// or https://"),
        (("check", "http://[::1"), "is no address"),
        (("add", A), "--to"),
        (("add", "a.example", "--to", "console:#x"), "is no address"),
        (("add", "https://a b/", "--to", "console:#x"), "no spaces"),
        (("add", A, "--to", "x"), "is no channel"),
        (("add", A, "--to", "console:a b"), "is no channel"),
        (("add", A, "--to", "console:#x", "--backfill", "soon"), "is no duration"),
        (("import", "missing.opml", "--to", "console:#x"), "cannot be read"),
        (("import", ".", "--to", "console:#x"), "cannot be read"),
        (("import", __file__, "--to", "console:#x"), "is not OPML"),
        (("export", "no/such/folder.opml"), "cannot be written"),
        (("sync",), "has no feeds.lists"),
        (("search", "--days", "9999999"), "less than or equal to 3650"),
        (("search", "--days", "-1"), "greater than or equal to 1"),
    ],
)
def test_what_is_wrong_is_one_line_and_2(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, [])
    [line] = err
    assert line.startswith("vendorwatch: ")
    assert words in line


def test_a_page_that_is_not_there_is_one_line(served: FeedServer, run: Run) -> None:
    code, _, [line] = run("check", served.url("/missing"))
    assert code == 2
    assert line == f"vendorwatch: {served.url('/missing')} answered 404 Not Found"


def test_check_asks_as_often_as_the_configuration_lets_it(
    tmp_path: Path, served: FeedServer, run: Run
) -> None:
    undated = re.sub(r"<pubDate>.*</pubDate>", "", RSS)
    served.put("/feed.xml", undated)
    url = served.url("/feed.xml")
    write(tmp_path, fastest="1m", slowest="1m")
    assert "  would be asked again in about a minute" in run("check", url)[1]


def test_an_answer_without_a_word_is_told_as_that(served: FeedServer, run: Run) -> None:
    served.put("/feed.xml", "", kind="application/rss+xml")
    url = served.url("/feed.xml")
    code, [line], _ = run("check", url)
    assert code == 1
    assert line == f"{url} is not a feed: it is empty"


def test_a_channel_where_the_bot_cannot_speak_is_a_problem(
    served: FeedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served.put("/feed.xml", RSS)
    channels = ["console:#x", "slack:C0123456789"]
    given = write(tmp_path, list=[{"url": served.url("/feed.xml"), "channels": channels}])
    assert command_line(["check", "--config", str(given)]) == 2
    said = capsys.readouterr()
    lines = (said.out + said.err).splitlines()
    assert lines == [
        "slack:C0123456789 cannot be reached: slack is not set up; add it to the config",
        "vendorwatch: 1 problem",
    ]


# ------------------------------------------------------------------------ add, list, remove


def test_what_is_added_is_listed_until_it_is_removed(run: Run) -> None:
    both = ("--to", "console:#x", "--to", "slack:C1", "--backfill", "7d")
    code, out, _ = run("add", "--unseen", A, *both)
    assert (code, out) == (0, [f"{A} is followed for console:#x, slack:C1"])
    assert run("add", "--unseen", A, "--to", "console:#x")[1] == [
        f"{A} was already followed for console:#x"
    ]
    assert run("list")[1] == [f"{A}\tnot read yet\t-\tconsole:#x, 1 private"]
    assert run("remove", A, "--from", "console:#y")[0] == 1
    assert run("remove", A, "--from", "console:#x")[0] == 0
    assert run("list")[1] == [f"{A}\tnot read yet\t-\t1 private"]
    assert run("remove", A)[:2] == (0, [f"{A} is not followed any more"])
    assert run("list")[1] == []
    code, _, [line] = run("remove", A)
    assert code == 1
    assert f"{A} was not added here" in line


def test_what_is_added_is_looked_at_first(served: FeedServer, run: Run) -> None:
    url = served.url("/feed.xml")
    served.put("/feed.xml", RSS)
    assert run("add", url, "--to", "console:#x") == (
        0,
        [
            f"{url}: The Paper",
            "  1 entry, the newest of 4 Mar 2024 09:00 UTC",
            f"{url} is followed for console:#x",
        ],
        [],
    )
    assert served.count("/feed.xml") == 1


def test_of_a_page_that_names_one_feed_that_feed_is_added(served: FeedServer, run: Run) -> None:
    url, page = served.url("/feed.xml"), served.url("/news")
    served.put("/feed.xml", RSS)
    served.put("/news", PAGE, kind="text/html")
    code, out, err = run("add", page, "--to", "console:#x")
    assert (code, err) == (0, [])
    assert out[:2] == [f"{page} is a page; its feed:", f"{url}: The Paper"]
    assert out[-1] == f"{url} is followed for console:#x"
    assert [line.split("\t")[0] for line in run("list")[1]] == [url]


def test_of_several_feeds_somebody_has_to_choose(served: FeedServer, run: Run) -> None:
    two = PAGE.replace("</head>", "<link rel='alternate' type='application/atom+xml' href='/b'>")
    served.put("/news", two, kind="text/html")
    code, out, [line] = run("add", served.url("/news"), "--to", "console:#x")
    assert (code, out) == (2, [f"{served.url('/feed.xml')}\tAll", served.url("/b")])
    assert line == (
        f"vendorwatch: {served.url('/news')} is no feed, and nothing was added; add one of those"
    )
    assert run("list")[1] == []


def test_a_feed_that_a_page_does_not_name_is_not_taken_for_its(
    served: FeedServer, run: Run
) -> None:
    served.put("/feed.xml", RSS)
    served.put("/news", "<html><body>Nothing said</body></html>", kind="text/html")
    code, [line], _ = run("add", served.url("/news"), "--to", "console:#x")
    assert (code, line) == (2, served.url("/feed.xml"))
    assert run("list")[1] == []


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("text/html", "<html><body>Nothing</body></html>", "is not a feed: it is an HTML page"),
        ("application/pdf", "%PDF-1.7", "is a PDF, which is not read"),
        ("text/x-opml", opml.write([opml.Listed(A)], "F", NOW).decode(), "is a list of 1 feed; ta"),
        ("text/html", PAGE, "/feed.xml as its feed, but"),
    ],
)
def test_what_is_no_feed_is_not_added(
    served: FeedServer, run: Run, kind: str, body: str, words: str
) -> None:
    served.put("/x", body, kind=kind)
    served.put("/feed.xml", "<html>Log in</html>" if body == PAGE else "", kind="text/html")
    code, out, [line] = run("add", served.url("/x"), "--to", "console:#x")
    assert (code, out) == (2, [])
    assert words in line
    assert run("list")[1] == []


def test_a_page_whose_feed_is_not_there_is_told_with_it(served: FeedServer, run: Run) -> None:
    served.put("/news", PAGE, kind="text/html")
    code, out, [line] = run("add", served.url("/news"), "--to", "console:#x")
    assert (code, out) == (2, [])
    feed = f"{served.url('/feed.xml')} answered 404 Not Found"
    assert line == f"vendorwatch: {served.url('/news')} names its feed, but {feed}"


def test_a_feed_that_does_not_answer_now_can_be_added_all_the_same(
    served: FeedServer, run: Run
) -> None:
    url = served.url("/feed.xml")
    served.put("/feed.xml", status=503)
    code, out, [line] = run("add", url, "--to", "console:#x")
    assert (code, out) == (2, [])
    assert line.startswith(f"vendorwatch: {url} answered 503")
    assert line.endswith("; add it unread with --unseen")
    assert run("add", url, "--to", "console:#x", "--unseen")[0] == 0
    assert served.count("/feed.xml") == 1


def test_secrets_are_not_shown_and_what_is_shown_can_be_removed(run: Run) -> None:
    _, said, _ = run("add", "--unseen", SECRET, "--to", "console:#x")
    _, [line], _ = run("list")
    assert "hunter2" not in said[0] + line
    assert "abc" not in said[0] + line
    assert run("remove", line.split("\t")[0])[0] == 0
    assert run("list")[1] == []


def test_of_two_feeds_that_look_alike_none_is_removed_by_chance(run: Run) -> None:
    run("add", "--unseen", SECRET, "--to", "console:#x")
    run("add", "--unseen", SECRET.replace("abc", "xyz"), "--to", "console:#x")
    code, _, [line] = run("remove", "https://c.example/feed?token=...")
    assert code == 2
    assert "2 feeds are listed as" in line
    assert len(run("list")[1]) == 2


def test_what_the_configuration_follows_is_listed_before_the_bot_has_run(
    tmp_path: Path, run: Run
) -> None:
    write(tmp_path, list=[{"url": B, "channels": ["console:#x"]}])
    assert run("list")[1] == [f"{B}\tnot read yet\t-\tconsole:#x"]
    code, _, [line] = run("remove", B)
    assert code == 1
    assert "what the configuration or a list names is taken out there" in line


def test_a_feed_that_nobody_wishes_for_is_not_sought_elsewhere(run: Run) -> None:
    assert run("remove", A)[::2] == (1, [f"vendorwatch: {A} was not added here"])


def test_what_is_configured_as_well_is_still_followed_and_said_so(tmp_path: Path, run: Run) -> None:
    run("add", "--unseen", B, "--to", "console:#y")
    write(tmp_path, list=[{"url": B, "channels": ["console:#x"]}])
    assert run("remove", B)[1] == [
        f"{B} is out of what was added, and still followed for the configuration"
    ]
    run("add", "--unseen", B, "--to", "console:#y")
    assert run("remove", B, "--from", "console:#y")[1] == [
        f"{B} is not followed any more for console:#y"
    ]


def test_a_feed_that_fails_says_so_in_the_list(tmp_path: Path, run: Run) -> None:
    asyncio.run(failed(tmp_path / "bot.db"))
    [line] = run("list")[1]
    assert line == f"{A}\tfailed 1 time: answered 500\t-\tconsole:#x"


async def failed(file: Path) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{file}")
    try:
        routes = [Route(A, Channel("console", "#x"))]
        await store.feeds.follow("default", CONFIGURED, routes, CONFIGURED, NOW)
        [feed] = await store.feeds.lease_feeds(NOW, timedelta(minutes=1), 1)
        state = replace(feed, failures=1, last_error="answered 500", checked_at=NOW)
        await store.feeds.finish_poll(Poll(state), [], Policy().hearing())
    finally:
        await store.close()


def test_on_a_terminal_the_list_is_a_table_with_words_as_they_are(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", "--unseen", "https://a.example/[red]", "--to", "console:#x")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    _, [head, row], _ = run("list")
    assert head.split() == ["feed", "state", "newest", "entry", "channels"]
    assert "https://a.example/[red]" in row


# ----------------------------------------------------------------------- import and export


def test_what_is_exported_can_be_imported_elsewhere(tmp_path: Path, run: Run) -> None:
    for url in (A, SECRET):
        run("add", "--unseen", url, "--to", "console:#x")
    file = tmp_path / "feeds.opml"
    assert run("export", str(file))[:2] == (0, [str(file)])
    assert file.stat().st_mode & 0o077 == 0  # addresses may have secrets
    assert run("export", str(file))[2] == [
        f"vendorwatch: {file}: is there already; choose another name"
    ]
    assert {each.url for each in opml.read(file.read_bytes(), "")} == {A, SECRET}
    code, shown, _ = run("import", str(file), "--to", "console:#y", "--dry-run")
    assert (code, shown) == (0, [A, "https://c.example/feed?token=..."])
    assert run("import", str(file), "--to", "console:#y")[1] == [
        "2 feeds in the list, 2 new subscriptions"
    ]
    assert run("import", str(file), "--to", "console:#y")[1] == [
        "2 feeds in the list, 0 new subscriptions"
    ]


def test_without_a_file_the_list_is_printed(
    config: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert (
        command_line(["feeds", "add", "--unseen", A, "--to", "console:#x", "-c", str(config)]) == 0
    )
    capfdbinary.readouterr()
    assert command_line(["feeds", "export", "-c", str(config)]) == 0
    assert opml.read(capfdbinary.readouterr().out, "output") == (opml.Listed(A),)


def test_a_list_comes_from_an_address_or_from_the_input(
    served: FeedServer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = opml.write([opml.Listed(A)], "Feeds", NOW)
    served.put("/list.opml", text.decode())
    assert run("import", served.url("/list.opml"), "--to", "console:#x")[0] == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    assert run("import", "-", "--to", "console:#y")[1] == ["1 feed in the list, 1 new subscription"]
    assert run("list")[1] == [f"{A}\tnot read yet\t-\tconsole:#x, console:#y"]


MIXED = (
    "<opml><body><outline text='Papers'><outline text='The Paper' xmlUrl='https://a.example/feed'/>"
    "<outline text='Mirror' xmlUrl='ftp://bea:hunter2@a.example/'/><outline title='Bookmark' "
    "htmlUrl='https://b.example/'/><outline xmlUrl='/feed.xml'/></outline></body></opml>"
)
LEFT_OUT = "3 outlines left out, as they have no web address: Mirror, Bookmark, /feed.xml"


def test_what_a_list_has_without_a_web_address_is_named(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "mixed.opml"
    file.write_text(MIXED)
    assert run("import", str(file), "--to", "console:#x", "--dry-run") == (
        0, [f"{A}\tThe Paper"], [LEFT_OUT],
    )  # fmt: skip
    summary = "1 feed in the list, 1 new subscription"
    assert run("import", str(file), "--to", "console:#x") == (0, [summary], [LEFT_OUT])
    write(tmp_path, lists=[{"source": str(file), "channels": ["console:#x"]}])
    assert run("sync") == (0, [f"{file}: 1 feed"], [f"{file}: {LEFT_OUT}"])


# --------------------------------------------------------------------------------- sync


def test_lists_are_read_at_once_from_beside_the_configuration(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, lists=[{"source": "newsroom.opml", "channels": ["console:#x"]}])
    (tmp_path / "newsroom.opml").write_bytes(opml.write([opml.Listed(A)], "F", NOW))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("sync") == (0, [f"{tmp_path / 'newsroom.opml'}: 1 feed"], [])
    assert run("list")[1] == [f"{A}\tnot read yet\t-\tconsole:#x"]


def test_a_list_that_cannot_be_read_is_told_and_the_others_are_read(
    tmp_path: Path, run: Run
) -> None:
    lists = [{"source": each, "channels": ["console:#x"]} for each in ("no.opml", "yes.opml")]
    write(tmp_path, lists=lists)
    (tmp_path / "yes.opml").write_bytes(opml.write([opml.Listed(A)], "F", NOW))
    code, out, [line] = run("sync")
    assert (code, out) == (2, [f"{tmp_path / 'yes.opml'}: 1 feed"])
    assert line == f"vendorwatch: {tmp_path / 'no.opml'}: cannot be read: No such file or directory"
