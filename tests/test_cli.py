"""The command line, as scripts and people use it: what it prints and how it exits."""

import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import __version__
from bot.cli import command_line
from tests.build import full_vendor, name, vendor, write_pack

ACME = full_vendor(names=[name("Acme Cam"), name("阿珂美", match="substring", script="Hans")])


@dataclass(slots=True)
class Ran:
    """What a command line did."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Shell:
    """Runs command lines on a watchlist of two invented vendors."""

    capsys: pytest.CaptureFixture[str]
    pack: Path

    def __call__(self, *arguments: str) -> Ran:
        """Run one."""
        code = command_line(arguments)
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(code, out, err)


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(capsys, write_pack(tmp_path / "pack", ACME, vendor("road-runner")))


def test_scan_prints_one_object_with_code_point_offsets(shell: Shell, tmp_path: Path) -> None:
    text = "🎥 ACME CAM and 阿珂美!"
    (tmp_path / "note.txt").write_text(text, encoding="utf-8")
    ran = shell("scan", "--json", "note.txt", "--watchlist", "pack")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert told == {
        "source": "note.txt",
        "mentions": [
            {
                "vendor": "acme-cam",
                "text": "ACME CAM",
                "start": 2,
                "end": 10,
                "kind": "exact",
                "score": 1.0,
                "name": "Acme Cam",
            },
            {
                "vendor": "acme-cam",
                "text": "阿珂美",
                "start": 15,
                "end": 18,
                "kind": "exact",
                "score": 1.0,
                "name": "阿珂美",
            },
        ],
    }
    assert all(text[each["start"] : each["end"]] == each["text"] for each in told["mentions"])


def test_scan_gives_back_the_text_it_scanned_on_request(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Acme Cam", encoding="utf-8")
    ran = shell("scan", "--json", "--with-text", "a.txt", "-w", "pack")
    assert json.loads(ran.out)["text"] == "Acme Cam"


PAGE = """<!DOCTYPE html><html><head><title>Ferry timetable changes</title></head><body>
<article><h1>Ferry timetable changes</h1>
<p>The ferry to the north quay sails twice an hour from Monday, the harbour office said.</p>
<p>Tickets stay at the same price, and bicycles travel without a charge until the autumn.</p>
<p>The last boat in the evening now leaves at eleven, half an hour later than it used to.</p>
</article><aside class="sidebar"><h3>Most read</h3><ul><li><a href="#">Acme Cam wins</a></li></ul>
</aside></body></html>"""


def test_scan_reduces_a_page_to_its_article_unless_told_not_to(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    assert json.loads(shell("scan", "--json", "page.html", "-w", "pack").out)["mentions"] == []
    raw = json.loads(shell("scan", "--json", "--raw", "page.html", "-w", "pack").out)
    assert [each["vendor"] for each in raw["mentions"]] == ["acme-cam"]


def test_scan_says_that_only_the_start_of_a_page_could_be_read(
    shell: Shell, tmp_path: Path
) -> None:
    wall = "<p>Acme Cam sold it.</p><p>Subscribe to continue reading this article.</p></article>"
    (tmp_path / "page.html").write_text(PAGE.replace("</article>", wall), encoding="utf-8")
    ran = shell("scan", "page.html", "-w", "pack")
    assert ran.code == 0
    assert "acme-cam" in ran.out
    assert ran.err == "A paywall stands before this page: only the start could be read.\n"
    for option in ("--json", "--raw"):
        assert shell("scan", option, "page.html", "-w", "pack").err == ""
    told = json.loads(shell("scan", "--json", "page.html", "-w", "pack").out)
    assert told.keys() == {"source", "mentions"}


def test_scan_reads_a_page_in_whatever_encoding_it_is(shell: Shell, tmp_path: Path) -> None:
    text = PAGE.replace("<head>", "<head><meta charset='gb18030'>").replace(
        "half an hour", "阿珂美"
    )
    (tmp_path / "page.html").write_bytes(text.encode("gb18030"))
    for options in ([], ["--raw"]):
        ran = shell("scan", "--json", *options, "page.html", "-w", "pack")
        found = json.loads(ran.out)["mentions"]
        assert "阿珂美" in [each["text"] for each in found]


def test_scan_of_a_file_that_is_called_a_page_and_is_none_says_so(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_bytes(b"%PDF-1.7")
    ran = shell("scan", "page.html", "-w", "pack")
    assert (ran.code, ran.err) == (2, "vendorwatch: page.html is a PDF, which is not read\n")


def test_scan_reads_and_writes_json_lines(shell: Shell, tmp_path: Path) -> None:
    lines = '{"id": 1, "text": "Acme Cam"}\n\n{"id": "b", "text": "nobody"}\n'
    (tmp_path / "in.jsonl").write_text(lines, encoding="utf-8")
    out = [
        json.loads(line)
        for line in shell("scan", "--jsonl", "in.jsonl", "-w", "pack").out.splitlines()
    ]
    assert [each["id"] for each in out] == [1, "b"]
    assert [len(each["mentions"]) for each in out] == [1, 0]


def test_scan_without_json_is_for_people(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x Acme Cam", encoding="utf-8")
    assert shell("scan", "a.txt", "-w", "pack").out == "2-10\tacme-cam\tAcme Cam\texact\n"
    (tmp_path / "b.txt").write_text("nothing", encoding="utf-8")
    ran = shell("scan", "b.txt", "-w", "pack")
    assert (ran.code, ran.out, ran.err) == (0, "", "no watched vendor is named\n")


def test_vendor_as_json_is_the_whole_record_and_loads_again(shell: Shell) -> None:
    ran = shell("vendor", "Acme", "Cam", "--format", "json", "-w", "pack")
    assert ran.code == 0
    record = json.loads(ran.out)
    assert record["schema"] == "vendorwatch/1"
    assert record["measures"][0]["since"] == "2019-10-09"
    assert type(ACME).model_validate(record) == ACME


def test_vendor_as_text_is_the_card_and_with_full_the_record(shell: Shell) -> None:
    card = shell("vendor", "acme-cam", "-w", "pack").out
    assert "Sanctions status: No asset freeze found" in card
    assert "Reported sales of 2 million" not in card
    assert "Reported sales of 2 million" in shell("vendor", "acme-cam", "--full", "-w", "pack").out


def test_vendor_for_slack_and_matrix_is_what_would_be_sent(shell: Shell) -> None:
    slack = json.loads(shell("vendor", "acme-cam", "--format", "slack", "-w", "pack").out)
    assert slack["text"].startswith("Acme Cam: No asset freeze found")
    assert len(slack["blocks"]) <= 20
    matrix = json.loads(shell("vendor", "acme-cam", "--format", "matrix", "-w", "pack").out)
    assert "<" not in matrix["body"].split("\n")[0]
    assert "Acme Cam" in matrix["formatted_body"]
    pages = json.loads(shell("vendor", "acme-cam", "--format", "slack", "--full", "-w", "pack").out)
    assert "Reported sales of 2 million" in json.dumps(pages)


def test_an_unknown_vendor_exits_1_with_suggestions(shell: Shell) -> None:
    near = shell("vendor", "acme cma", "-w", "pack")
    assert (near.code, near.out) == (1, "")
    assert (
        near.err == "vendorwatch: no watched vendor is called 'acme cma'; did you mean acme-cam?\n"
    )
    far = shell("vendor", "nosuchco", "-w", "pack")
    assert (far.code, far.err) == (1, "vendorwatch: no watched vendor is called 'nosuchco'\n")


def test_watchlist_check_tells_every_problem_of_every_file(shell: Shell, tmp_path: Path) -> None:
    assert shell("watchlist", "check", "pack").code == 0
    for slug in ("acme-cam", "road-runner"):
        path = tmp_path / "pack" / "vendors" / f"{slug}.yml"
        path.write_text(path.read_text(encoding="utf-8").replace('"makes"', '"maks"'), "utf-8")
    ran = shell("watchlist", "check", "pack")
    assert ran.code == 2
    for slug in ("acme-cam", "road-runner"):
        assert f"pack/vendors/{slug}.yml:" in ran.err
    assert ran.err.count("unknown key 'maks'; did you mean 'makes'?") == 2


def test_watchlist_check_lists_what_waits_for_a_person(shell: Shell) -> None:
    ran = shell("watchlist", "check", "--todo", "pack")
    assert ran.code == 0
    assert "pack/vendors/acme-cam.yml:" in ran.out
    assert "no person has reviewed this record" in ran.out


@pytest.mark.parametrize(
    ("name_", "id_"),
    [
        ("Zenit Optics", "zenit-optics"),
        ('Müller "Eye" & Söhne', "muller-eye-sohne"),
        ("Ova", "ova"),
    ],
)
def test_watchlist_new_writes_a_file_that_is_valid_and_watches(
    shell: Shell, name_: str, id_: str, tmp_path: Path
) -> None:
    ran = shell("watchlist", "new", name_, "--folder", "pack")
    assert (ran.code, ran.out) == (0, f"pack/vendors/{id_}.yml\n")
    assert shell("watchlist", "check", "pack").code == 0
    (tmp_path / "a.txt").write_text(f"made by {name_} in spring", encoding="utf-8")
    found = json.loads(shell("scan", "--json", "a.txt", "-w", "pack").out)["mentions"]
    assert [each["text"] for each in found] == [name_]
    assert "Stub: no record yet" in shell("vendor", id_, "-w", "pack").out
    again = shell("watchlist", "new", name_, "--folder", "pack")
    assert (again.code, again.err) == (
        2,
        f"vendorwatch: pack/vendors/{id_}.yml: is there already\n",
    )


def test_watchlist_new_needs_letters_for_an_id(shell: Shell) -> None:
    ran = shell("watchlist", "new", "海康", "--folder", "pack")
    assert ran.code == 2
    assert "makes no id" in ran.err


def test_watchlist_schema_prints_the_schema(shell: Shell) -> None:
    assert json.loads(shell("watchlist", "schema").out)["title"] == "Vendor"


def test_the_version_is_told(shell: Shell) -> None:
    assert shell("--version").out == f"vendorwatch {__version__}\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["nosuch"], "No such command"),
        (["scan", "--nosuch"], "No such option"),
        (["vendor", "acme", "--format", "pdf"], "Invalid value"),
        (["vendor"], "Missing argument"),
        (["scan", "missing.txt"], "missing.txt: cannot be read: No such file or directory"),
        (["scan", "."], "cannot be read: Is a directory"),
        (["scan", "rubbish.bin"], "rubbish.bin: not UTF-8 text (byte 2); convert it first"),
        (
            ["scan", "--jsonl", "bad.jsonl"],
            'bad.jsonl:2:1: each line must be a JSON object with "id"',
        ),
        (["scan", "http://127.0.0.1:9/a"], "127.0.0.1"),
        (["scan", "a.txt", "-w", "nowhere"], "nowhere"),
        (["run", "--config", "missing.yml"], "missing.yml"),
        (["run", "--config", "broken.yml"], "broken.yml:2:1: unknown key 'databse'"),
        (["check", "--config", "broken.yml"], "did you mean 'database'?"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(
    shell: Shell, tmp_path: Path, line: list[str], told: str
) -> None:
    (tmp_path / "a.txt").write_text("Acme", encoding="utf-8")
    (tmp_path / "rubbish.bin").write_bytes(b"ab\xff")
    (tmp_path / "bad.jsonl").write_text('{"id": 1, "text": "x"}\n{"id": 2}\n', encoding="utf-8")
    (tmp_path / "broken.yml").write_text("team: default\ndatabse:\n  url: x\n", encoding="utf-8")
    ran = shell(*line)
    assert ran.code == 2
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1


def test_check_tries_what_run_needs_and_tells_all_problems(shell: Shell, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text("database: {url: 'sqlite+aiosqlite:///ok.db'}\n", encoding="utf-8")
    assert shell("check", "--config", "config.yml").out == "all is well\n"
    config.write_text(
        "database: {url: 'sqlite+aiosqlite:////nowhere/at/all.db'}\n"
        "feeds: {list: [{url: 'http://127.0.0.1:9/feed', channels: ['console:#a']}]}\n",
        encoding="utf-8",
    )
    ran = shell("check", "--config", "config.yml")
    assert ran.code == 2
    assert "database: " in ran.err
    assert "/nowhere/at" in ran.err
    assert "feed: " in ran.err
    assert ran.err.endswith("vendorwatch: 2 problems\n")


def test_input_comes_from_a_pipe_too(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "piped").write_text("Acme Cam", encoding="utf-8")
    with (tmp_path / "piped").open(encoding="utf-8") as piped:
        monkeypatch.setattr(sys, "stdin", piped)
        ran = shell("scan", "--json", "-", "-w", "pack")
    assert json.loads(ran.out)["source"] == "-"
    assert len(json.loads(ran.out)["mentions"]) == 1


def test_watchlist_export_gives_records_rows_and_entities(shell: Shell) -> None:
    records = json.loads(shell("watchlist", "export", "--format", "json", "pack").out)
    assert [each["id"] for each in records] == ["acme-cam", "road-runner"]
    rows = list(csv.DictReader(shell("watchlist", "export", "-f", "csv", "pack").out.splitlines()))
    denial = next(row for row in rows if row["part"] == "responses")
    assert (denial["vendor"], denial["id"], denial["answers"]) == ("acme-cam", "denial", "tender")
    assert denial["url"] == "https://acme-cam.example/news"
    lines = shell("watchlist", "export", "-f", "ftm", "pack").out.splitlines()
    entities = [json.loads(line) for line in lines]
    assert [each["schema"] for each in entities] == [
        "Company",
        "Sanction",
        "Note",
        "Note",
        "Company",
    ]
    company, measure = entities[:2]
    assert measure["properties"]["entity"] == [company["id"]]
    assert measure["properties"]["listingDate"] == ["2019-10-09"]
    assert company["properties"]["topics"] == ["export.control"]
    assert "country" not in company["properties"]


def test_what_is_exported_as_yaml_is_imported_byte_for_byte(shell: Shell, tmp_path: Path) -> None:
    exported = shell("watchlist", "export", "--format", "yaml", "pack").out
    (tmp_path / "all.yml").write_text(exported, encoding="utf-8")
    ran = shell("watchlist", "import", "all.yml", "--folder", "copy")
    assert ran.out.splitlines() == [
        "copy/vendors/acme-cam.yml: new",
        "copy/vendors/road-runner.yml: new",
    ]
    assert shell("watchlist", "export", "-f", "yaml", "copy").out == exported
    assert shell("watchlist", "format", "--check", "copy").code == 0
    again = shell("watchlist", "import", "all.yml", "--folder", "copy")
    assert {line.split(": ")[1] for line in again.out.splitlines()} == {"unchanged"}


def test_an_import_replaces_nothing_that_says_otherwise_unless_told_to(
    shell: Shell, tmp_path: Path
) -> None:
    exported = shell("watchlist", "export", "--format", "yaml", "pack").out
    (tmp_path / "all.yml").write_text(exported.replace("Springfield", "Shelbyville"), "utf-8")
    shell("watchlist", "format", "pack")
    before = {path: path.read_bytes() for path in (tmp_path / "pack" / "vendors").iterdir()}
    ran = shell("watchlist", "import", "all.yml", "--folder", "pack")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert "nothing was written, --replace takes the new text" in ran.err
    assert before == {path: path.read_bytes() for path in (tmp_path / "pack" / "vendors").iterdir()}
    ran = shell("watchlist", "import", "all.yml", "--folder", "pack", "--replace")
    assert (ran.code, ran.out.count(": changed")) == (0, 2)
    assert "Shelbyville" in shell("vendor", "acme-cam", "-w", "pack").out


def test_an_import_that_breaks_the_standard_writes_nothing(shell: Shell, tmp_path: Path) -> None:
    exported = shell("watchlist", "export", "--format", "yaml", "pack").out
    (tmp_path / "all.yml").write_text(exported.replace("verified_on", "# verified_on"), "utf-8")
    ran = shell("watchlist", "import", "all.yml", "--folder", "copy")
    assert ran.code == 2
    assert ran.err.startswith("all.yml:")
    assert "needs 'verified_on'" in ran.err
    assert not (tmp_path / "copy").exists()


def test_format_brings_files_into_one_form_and_keeps_what_they_say(shell: Shell) -> None:
    exported = shell("watchlist", "export", "-f", "json", "pack").out
    ran = shell("watchlist", "format", "--check", "pack")
    assert (ran.code, ran.out.count("would be formatted")) == (1, 2)
    assert shell("watchlist", "format", "pack").code == 0
    assert shell("watchlist", "format", "--check", "pack").out == (
        "2 of 2 files were as they should be\n"
    )
    assert shell("watchlist", "export", "-f", "json", "pack").out == exported


def test_format_refuses_to_lose_comments(shell: Shell, tmp_path: Path) -> None:
    shell("watchlist", "format", "pack")
    file = tmp_path / "pack" / "vendors" / "acme-cam.yml"
    commented = file.read_text("utf-8") + "# a thought\n"
    file.write_text(commented, "utf-8")
    ran = shell("watchlist", "format", "pack")
    line = len(commented.splitlines())
    assert ran.code == 2
    assert ran.err.startswith(f"pack/vendors/acme-cam.yml:{line}:1: comments would be lost")
    assert file.read_text("utf-8") == commented
