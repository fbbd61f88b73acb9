import json
import os
from pathlib import Path

import pytest

from bot import pack
from bot.errors import InvalidFileError
from tests.build import as_yaml, measure, name, program, source, vendor, write_pack


def problems(*folders: Path) -> list[str]:
    with pytest.raises(InvalidFileError) as caught:
        pack.load(folders)
    return str(caught.value).splitlines()


def test_a_pack_becomes_a_watchlist_in_order_of_id(tmp_path: Path) -> None:
    listed = vendor("zenit", measures=[measure(program="ZZ-TRADE")])
    write_pack(tmp_path, listed, vendor("acme-cam"), programs={"ZZ-TRADE": program()})
    watchlist = pack.load([tmp_path])
    assert list(watchlist.vendors) == ["acme-cam", "zenit"]
    assert watchlist.get("zenit") == listed
    assert watchlist.programs == {"ZZ-TRADE": program()}


def test_a_pack_needs_no_programmes(tmp_path: Path) -> None:
    assert pack.load([write_pack(tmp_path, vendor())]).programs == {}


def test_a_pack_may_hold_programmes_only(tmp_path: Path) -> None:
    (tmp_path / "programs.yml").write_text("schema: vendorwatch/1\nprograms: {}\n")
    assert dict(pack.load([tmp_path]).vendors) == {}


def test_a_later_pack_replaces_vendors_and_programmes_of_an_earlier_one(tmp_path: Path) -> None:
    first = write_pack(
        tmp_path / "first",
        vendor("acme-cam"),
        vendor("zenit", measures=[measure(program="ZZ-TRADE")]),
        programs={"ZZ-TRADE": program(), "ZZ-BUY": program()},
    )
    second = write_pack(
        tmp_path / "second",
        vendor("acme-cam", headquarters="Shelbyville"),
        programs={"ZZ-BUY": program(name="Buying Law")},
    )
    watchlist = pack.load([first, second])
    assert list(watchlist.vendors) == ["acme-cam", "zenit"]
    assert watchlist.get("acme-cam").headquarters == "Shelbyville"
    assert [each.name for each in watchlist.programs.values()] == [
        "Zedland Trade List",
        "Buying Law",
    ]


def test_every_problem_of_every_file_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    write_pack(tmp_path, programs={"ZZ-TRADE": program()})
    vendors = tmp_path / "vendors"
    (vendors / "broken.yml").write_text("id: [x\n", encoding="utf-8")
    (vendors / "misspelt.yml").write_text(
        as_yaml(vendor("misspelt")).replace('"country"', '"cuontry"'), encoding="utf-8"
    )
    bare = vendor("bare", measures=[measure(verified_on=None, program="ZZ-X")])
    (vendors / "bare.yml").write_text(as_yaml(bare), encoding="utf-8")
    unchecked = "a measure in force needs 'verified_on', the day the evidence was read"
    assert problems(tmp_path) == [
        f"{vendors}/bare.yml:24:5: {unchecked}",
        f"{vendors}/bare.yml:33:7: there is no programme 'ZZ-X' in programs.yml",
        f"{vendors}/broken.yml:1:5: this [ is not closed, or a comma is missing in it",
        f"{vendors}/misspelt.yml:5:3: unknown key 'cuontry'; did you mean 'country'?",
    ]


def test_broken_programmes_do_not_make_every_measure_wrong_as_well(tmp_path: Path) -> None:
    listed = measure(program="ZZ-TRADE", sources=["gone"])
    write_pack(tmp_path / "first", vendor(measures=[listed]))
    (tmp_path / "first" / "programs.yml").write_text("schema: vendorwatch/1\nprogrammes: {}\n")
    second = write_pack(tmp_path / "second", programs={"ZZ-BUY": program()})
    assert problems(tmp_path / "first", second) == [
        f"{tmp_path}/first/programs.yml:2:1: unknown key 'programmes'; did you mean 'programs'?",
        f"{tmp_path}/first/vendors/acme-cam.yml:26:9: there is no source 'gone' in this file",
    ]


def test_records_are_held_against_each_other_across_packs(tmp_path: Path) -> None:
    first = write_pack(tmp_path / "first", vendor("acme", names=[name("Eyes")]))
    second = write_pack(tmp_path / "second", vendor("zenit", names=[name("Eyes")]))
    (problem,) = problems(first, second)
    shared = "the name 'Eyes' also alerts for 'acme'; make it match: context in one of the two"
    assert problem == f"{second}/vendors/zenit.yml:15:7: {shared}"


def test_a_file_is_called_after_its_vendor(tmp_path: Path) -> None:
    path = write_pack(tmp_path, vendor("acme-cam")) / "vendors" / "acme-cam.yml"
    path.rename(path.with_name("acme.yml"))
    differ = "the id 'acme-cam' and the file's name, acme.yml, must be the same"
    assert problems(tmp_path) == [f"{tmp_path}/vendors/acme.yml:3:9: {differ}"]


def test_a_file_that_would_be_overlooked_is_a_problem(tmp_path: Path) -> None:
    path = write_pack(tmp_path, vendor("acme-cam")) / "vendors" / "acme-cam.yml"
    path.rename(path.with_suffix(".yaml"))
    assert problems(tmp_path) == [
        f"{tmp_path}/vendors/acme-cam.yaml: the name of a vendor file ends in .yml"
    ]


def test_an_editors_hidden_files_and_notes_are_not_read(tmp_path: Path) -> None:
    write_pack(tmp_path, vendor())
    (tmp_path / "vendors" / ".#acme-cam.yml").write_text("half a fi")
    (tmp_path / "vendors" / "README.md").write_text("notes: [")
    assert list(pack.load([tmp_path]).vendors) == ["acme-cam"]


def test_a_folder_that_is_no_pack_is_a_problem(tmp_path: Path) -> None:
    empty, missing, odd = tmp_path / "empty", tmp_path / "missing", tmp_path / "odd"
    empty.mkdir()
    odd.mkdir()
    (odd / "vendors").write_text("no folder")
    assert problems(empty, missing, odd) == [
        f"{empty}: there is no watchlist here: no folder 'vendors' and no programs.yml",
        f"{missing}: there is no watchlist here: no folder 'vendors' and no programs.yml",
        f"{odd}/vendors: the folder cannot be read: Not a directory",
    ]


def test_warnings_do_not_keep_a_pack_from_loading(tmp_path: Path) -> None:
    write_pack(tmp_path, vendor(sources={"spare": source()}))
    assert list(pack.load([tmp_path]).vendors) == ["acme-cam"]
    assert [str(warning) for warning in pack.warnings([tmp_path])] == [
        f"{tmp_path}/vendors/acme-cam.yml:30:5: no claim uses the source 'spare'"
    ]


def test_a_pack_without_warnings_has_none(tmp_path: Path) -> None:
    assert pack.warnings([write_pack(tmp_path, vendor())]) == ()


def test_a_vendor_is_found_under_the_path_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pack(tmp_path / "mine")
    (tmp_path / "mine" / "vendors" / "acme.yml").write_text("a: 'x")
    monkeypatch.chdir(tmp_path)
    assert problems(Path("mine")) == ["mine/vendors/acme.yml:1:4: this quote is never closed"]


def test_the_fingerprint_changes_with_every_change_of_the_files(tmp_path: Path) -> None:
    write_pack(tmp_path, vendor("acme-cam"))
    path = tmp_path / "vendors" / "acme-cam.yml"
    seen = [pack.fingerprint([tmp_path])]
    assert pack.fingerprint([tmp_path]) == seen[0]
    path.write_text(path.read_text() + "\n")
    seen.append(pack.fingerprint([tmp_path]))
    os.utime(path, ns=(1, 1))
    seen.append(pack.fingerprint([tmp_path]))
    write_pack(tmp_path, vendor("zenit"))
    seen.append(pack.fingerprint([tmp_path]))
    (tmp_path / "programs.yml").write_text("schema: vendorwatch/1\nprograms: {}\n")
    seen.append(pack.fingerprint([tmp_path]))
    path.unlink()
    seen.append(pack.fingerprint([tmp_path]))
    seen.append(pack.fingerprint([tmp_path, tmp_path / "later"]))
    assert len(set(seen)) == len(seen)


def test_the_schema_lets_an_editor_read_a_bare_year_as_a_date() -> None:
    schema = json.loads(pack.schema())
    assert schema["$defs"]["Measure"]["properties"]["since"]["type"] == ["string", "integer"]
    assert schema["required"] == [
        "schema", "id", "name", "country", "headquarters", "makes", "names", "sources",
    ]  # fmt: skip
    assert schema["additionalProperties"] is False


def test_the_schema_in_the_repository_is_fresh() -> None:
    written = (pack.shipped() / "schema.json").read_text(encoding="utf-8")
    assert written == pack.schema(), "watchlists/schema.json is stale: run `make schema`"


def test_the_shipped_pack_stands_beside_the_package_in_a_checkout() -> None:
    assert pack.shipped() == Path(__file__).parent.parent / "watchlists"
    assert (pack.shipped() / "vendors").is_dir()


def test_the_shipped_pack_stands_in_the_package_once_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "watchlists").mkdir()
    monkeypatch.setattr(pack, "_HERE", tmp_path)
    assert pack.shipped() == tmp_path / "watchlists"


def test_the_feeds_that_are_suggested_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, vendor())
    assert pack.suggested_feeds([folder]) == ()
    entry = "{url: https://shopper.example/rss, publisher: Shopper, kind: press, about: News,"
    text = f"schema: vendorwatch/1\nfeeds:\n  - {entry} confidence: high}}\n"
    (folder / "feeds.yml").write_text(text, encoding="utf-8")
    (feed,) = pack.suggested_feeds([folder])
    assert (feed.url, str(feed.confidence)) == ("https://shopper.example/rss", "high")
    (folder / "feeds.yml").write_text(f"{text}  - {entry} confidence: sure}}\n", encoding="utf-8")
    with pytest.raises(InvalidFileError, match=r"feeds.yml:4:.*'sure' is not one of"):
        pack.suggested_feeds([folder])
    (folder / "feeds.yml").write_text(f"{text}  - {entry} confidence: low}}\n", encoding="utf-8")
    with pytest.raises(InvalidFileError, match=r"feeds.yml:4:11: this address is already"):
        pack.suggested_feeds([folder])
