"""Records as YAML by chat: shown, changed and pasted back, written out, taken in."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.commands.recordintake import take_in
from bot.core.document import Preformatted
from bot.core.editing.block import FlawedError, made_of
from bot.core.editing.edition import Edition
from bot.core.editing.intake import intake, intake_document
from bot.core.editing.tree import tree_of, vendor_of
from bot.core.mention import Channel, Invocation
from bot.core.roles import Roles
from bot.core.settings import Settings
from bot.core.watchlist import Watchlist
from bot.interchange import vendor_text
from bot.platforms.slack.render import render
from bot.recordtexts import RecordTexts
from tests import build
from tests.dialogs.conftest import ACME, ROAD, Bot, a_bot, buttons
from tests.fakes import Clock

CURATORS = Roles.of(["fake:ada"], ["fake:dana", "fake:eli"])
MEASURE = """measures:
  - id: second-list
    kind: procurement_ban
    status: in_force
    title: Zedland Buyers' List
    authority: Zedland Treasury
    since: 2024-01-02
    verified_on: 2024-03-01
    sources: [own-site]
"""


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with an admin and two curators."""
    async with a_bot(tmp_path, [ACME, ROAD], Settings(), Clock(), roles=CURATORS) as made:
        yield made


async def says(bot: Bot, line: str, actor: str = "dana") -> str:
    """Give a command; give what is answered, in text."""
    return await bot.answers(line, actor, confirm=False)


async def edits(bot: Bot, block: str, actor: str = "dana", vendor: str = "acme-cam") -> str:
    """Paste a block."""
    return await says(bot, f"watchlist edit {vendor}\n```yaml\n{block}\n```", actor)


def copied(bot: Bot) -> str:
    """Give the lines to copy of the last answer."""
    blocks = bot.platform.answered[-1].blocks
    return "\n".join(each.text for each in blocks if isinstance(each, Preformatted))


async def test_keys_that_are_pasted_are_set_and_the_others_stay(bot: Bot) -> None:
    told = await edits(bot, f"headquarters: Shelbyville\n{MEASURE}")
    assert "Acme Cam is changed. (revision 1)" in told
    assert "headquarters: Springfield → Shelbyville" in told
    assert "measure second-list: added, procurement_ban, in_force, 2024-01-02: Zedland" in told
    record = bot.app.current.of("default").watchlist.get("acme-cam")
    assert [each.id for each in record.measures] == [*(m.id for m in ACME.measures), "second-list"]
    assert record.allegations == ACME.allegations
    told = await edits(bot, "measures:\n  - id: second-list\n    status: stayed")
    assert told.splitlines()[1] == "measure second-list, status: in_force → stayed"
    assert "as it was" not in told
    assert "already" in await edits(bot, "headquarters: Shelbyville")


async def test_what_is_wrong_is_told_at_once_where_it_stands(bot: Bot) -> None:
    told = await edits(bot, "hq: x\nmeasures:\n  - id: trade-list\n    status: in_forc\n    nam: y")
    assert "unknown key 'hq'" in told
    told = await edits(bot, MEASURE.replace("in_force", "in_forc").replace("2024-01-02", "soon"))
    assert told.splitlines()[0] == "Nothing was changed: there are 2 things to mend."
    assert "line 4, column 13: measure second-list, status: 'in_forc' is not one of" in told
    assert "did you mean 'in_force'?" in told
    assert "line 7, column 12: measure second-list, since: " in told
    told = await edits(bot, "tags: [a\nname: b: c")
    assert told.splitlines()[1].startswith("line 1, column 7: this [ is not closed")
    assert "line 1, column 1: there must be a value here" in await edits(bot, "control:\nname: X")
    assert "There is no revision" in await says(bot, "watchlist diff 1")


async def test_what_breaks_the_standard_is_told_with_the_rule_and_the_line(bot: Bot) -> None:
    told = await edits(bot, MEASURE.replace("    verified_on: 2024-03-01\n", ""))
    assert "line 2, column 5: measure second-list: a measure in force needs 'verified_on'" in told
    told = await edits(bot, MEASURE.replace("own-site", "other"))
    assert "line 9, column 15: measure second-list, sources" in told
    assert "there is no source 'other'" in told


async def test_a_claim_without_a_source_is_kept_off_cards(bot: Bot) -> None:
    told = await edits(bot, MEASURE.replace("    sources: [own-site]\n", ""))
    assert "measure second-list. It is a draft, and stays off cards until it has a source" in told
    record = bot.app.current.of("default").watchlist.get("acme-cam")
    assert not record.measures[-1].speaks


async def test_a_record_is_shown_changed_and_pasted_back(bot: Bot) -> None:
    told = await says(bot, "watchlist edit acme-cam")
    assert "paste it after watchlist edit acme-cam" in told
    text = copied(bot)
    assert text.startswith("# revision 0\n")
    assert "nothing was changed" in await edits(bot, text)
    without = text.replace("headquarters: Springfield", "headquarters: Ogdenville")
    told = await edits(bot, without)
    assert told.splitlines()[1:3] == ["headquarters: Springfield → Ogdenville", "Show card"]
    start = text.index("allegations:")
    fewer = "\n".join(each for each in text.splitlines() if not each.startswith("tags:"))
    assert start
    assert "tag cameras: removed, cameras" in await edits(bot, fewer)


async def test_a_part_is_shown_and_pasted_back(bot: Bot) -> None:
    await says(bot, "watchlist edit acme cam measures")
    text = copied(bot)
    assert text.startswith("# revision 0\nmeasures:\n")
    assert "    id: trade-list\n" in text
    assert "allegations:" not in text
    told = await edits(bot, text.replace("status: in_force", "status: stayed"))
    assert "measure trade-list, status: in_force → stayed" in told
    await says(bot, "watchlist edit acme-cam measures trade-list")
    assert copied(bot).startswith("# revision 1\nmeasures:")
    assert "is no part of a record; did you mean 'measures'?" in await says(
        bot, "watchlist edit acme-cam measure"
    )
    assert "has no proceedings" in await says(bot, "watchlist edit road-runner proceedings")


async def test_what_others_changed_since_it_was_copied_is_told_first(bot: Bot) -> None:
    await says(bot, "watchlist edit acme-cam measures")
    text = copied(bot).replace("status: in_force", "status: removed")
    text = text.replace("since: ", "ended_on: 2024-03-01\n    since: ")
    await edits(bot, "measures:\n  - id: trade-list\n    status: stayed", "eli")
    bot.clock.pass_(hours=2)
    told = await edits(bot, text)
    assert "eli has just changed measure trade-list, status, in revision 1" in told
    assert "it is stayed now. You would make it removed." in told
    assert "status: stayed → removed" in await edits(bot, text)


async def test_a_long_record_is_offered_in_parts(bot: Bot) -> None:
    told = await edits(bot, "background:\n" + "".join(
        f"  - id: fact-{n}\n    text: {'word ' * 60}\n    sources: [own-site]\n" for n in range(40)
    ))  # fmt: skip
    assert "is changed" in told
    told = await says(bot, "watchlist edit acme-cam")
    assert "too long to change in one go" in told
    assert "background" in [each.label for each in buttons(bot.platform.answered[-1])]
    told = await bot.presses("background", "dana")
    assert "background fact-10" in [each.label for each in buttons(bot.platform.answered[-1])]
    assert "And 21 more items" in told
    assert "fact-3:" not in await bot.presses("background fact-10", "dana")
    assert "id: fact-10\n" in copied(bot)


async def test_several_records_are_not_one_edit(bot: Bot) -> None:
    text = f"---\n{vendor_text(ACME)}---\n{vendor_text(ROAD)}"
    assert "That is 2 records" in await edits(bot, text)
    assert "the id of a record stays" in await edits(bot, vendor_text(ROAD))
    assert "There is nothing in that" in await edits(bot, "# only\n# comments")


async def test_what_was_edited_is_written_as_the_packs_have_it(bot: Bot) -> None:
    assert "Nothing was edited here" in await says(bot, "watchlist export")
    await edits(bot, "headquarters: Shelbyville")
    await says(bot, "watchlist add Gizmo Eye")
    await says(bot, "watchlist export")
    watchlist = bot.app.current.of("default").watchlist
    made = [watchlist.get(each) for each in ("acme-cam", "gizmo-eye")]
    assert copied(bot) == "\n".join(f"---\n{vendor_text(each)}" for each in made)
    await says(bot, "watchlist export road runner")
    assert copied(bot) == vendor_text(ROAD)
    assert "3 records as YAML" in await says(bot, "watchlist export all")
    assert "No watched vendor is called “acme”" in await says(bot, "watchlist export acme")
    assert "Only curators" in await says(bot, "watchlist export", "anna")


async def test_a_vendor_taken_off_is_not_written(bot: Bot) -> None:
    await bot.answers("watchlist remove acme-cam", "dana")
    assert "Nothing was edited here" in await says(bot, "watchlist export")


async def test_records_are_shown_first_and_taken_in_one_revision_each(bot: Bot) -> None:
    new = build.vendor("gizmo-eye", related=[
        {"name": "Lens", "relation": "parent", "vendor": "lens-co", "sources": ["own-site"]}
    ])  # fmt: skip
    changed = ACME.model_copy(update={"headquarters": "Shelbyville"})
    bad = vendor_text(build.vendor("bad-cam")).replace("country: ZZ", "cuontry: ZZ")
    texts = [vendor_text(each) for each in (changed, ROAD, new, build.vendor("lens-co"))]
    text = "".join(f"---\n{each}" for each in (*texts, bad))
    told = await says(bot, f"watchlist import\n```\n{text}```")
    line = text.splitlines().index("cuontry: ZZ") + 1
    assert "That would change 3 records." in told
    assert "Acme Cam: 1 change\nheadquarters: Springfield → Shelbyville" in told
    assert "Gizmo Eye: new, with 0 measures" in told
    assert "As it is already: Road Runner." in told
    assert f"Bad Cam\nline {line}, column 1: unknown key 'cuontry'; did you mean" in told
    assert "Nothing is done yet" in told
    assert "Nothing was changed by chat" in await says(bot, "watchlist log")
    told = await bot.answers(f"watchlist import\n{text}", "dana")
    assert told.startswith("3 records taken in.")
    assert "Acme Cam: revision 1 (1 change)" in told
    assert "Gizmo Eye: revision 3 (new)" in told  # its parent had to come first
    assert bot.app.current.of("default").watchlist.get("gizmo-eye") == new
    assert "Nothing to take in." in await says(bot, f"watchlist import\n{texts[0]}")


async def test_what_is_no_whole_record_is_not_taken_in(bot: Bot) -> None:
    told = await says(bot, "watchlist import\nname: Acme Cam\ncountry: YY")
    assert "line 1, column 1: this is no whole record, as it has no 'schema'" in told
    told = await says(bot, "watchlist import\nschema: vendorwatch/1\nprograms: {}")
    assert "line 2, column 1: programmes are taken in with the packs only" in told
    many = "".join(f"---\nid: v{n}\n" for n in range(51))
    assert "51 records, and 50 are taken in at once" in await says(bot, f"watchlist import\n{many}")
    text = vendor_text(build.vendor("new-cam")) + "---\n" + vendor_text(build.vendor("new-cam"))
    assert "the record 'new-cam' comes twice" in await says(bot, f"watchlist import\n{text}")


async def test_records_wait_for_a_second_person_where_that_is_wanted(tmp_path: Path) -> None:
    desk = Channel("fake", "#desk")
    async with a_bot(
        tmp_path, [ACME, ROAD], Settings(), Clock(), None, (desk,), roles=CURATORS, approval=True
    ) as bot:
        some = [each.model_copy(update={"headquarters": "Shelbyville"}) for each in (ACME, ROAD)]
        text = "".join(f"---\n{vendor_text(each)}" for each in some)
        told = await bot.answers(f"watchlist import\n{text}", "dana")
        assert told.startswith("2 records proposed.")
        asked = [each for each in bot.shown("#desk") if "dana proposes as" in each]
        assert len(asked) == 2
        assert "1 is approved" in await says(bot, "watchlist approve 1", "eli")
        assert bot.app.current.of("default").watchlist.get("acme-cam").headquarters == "Shelbyville"
        told = await edits(bot, "headquarters: Ogdenville")
        assert "Proposed as 3: Acme Cam is changed." in told


async def test_an_import_that_was_cut_off_goes_on_where_it_stopped(bot: Bot) -> None:
    """Carried out again, it makes what is missing and nothing twice."""
    text = "".join(
        f"---\n{vendor_text(build.vendor(each))}" for each in ("a-cam", "b-cam", "c-cam")
    )
    given = Invocation(Channel("fake", "#hall"), "m1", "dana", "")
    documents = RecordTexts().read(text)
    editing = bot.app.editing
    first = intake(editing.by(given).edition, documents)
    await take_in(editing.by(given), first.incoming[:2])
    rest = intake(editing.by(given).edition, documents)
    taken = await take_in(editing.by(given), rest.incoming)
    assert [done.revision.vendor for _, done in taken.done] == ["c-cam"]
    assert [each.vendor for each in await editing.by(given).log(None, 9)] == [
        "c-cam", "b-cam", "a-cam"
    ]  # fmt: skip
    taken = await take_in(editing.by(given), first.incoming)
    assert all(done.again for _, done in taken.done)
    assert len(await editing.by(given).log(None, 9)) == 3


@pytest.mark.parametrize("command", ["edit acme-cam", "import"])
async def test_no_text_at_all_is_the_bots_fault(bot: Bot, command: str) -> None:
    bot.app.clerk.allowance.burst = 10_000
    for text in HOSTILE:
        told = await says(bot, f"watchlist {command}\n{text}")
        assert told, text
        assert "did not work" not in told, text
    assert "Nothing was changed by chat" in await says(bot, "watchlist log")


NOBODYS = Edition(Watchlist.of([]))
PIECES = ("measures:", "  - id: trade-list", "    status: stayed", "- ", "sources: {a: {}}", "---",
          "names: [", "&a", "*a", "!x", "? ", "|", ">-", "  ", "\x00", "\ud800", "\u202e", "tags:",
          "schema: vendorwatch/1", "id: acme-cam", "[" * 40, "{a: " * 40, '"', "examples: [a]",
          "sources: [{}]", "makes: x", "control: {text: {}}", "review: {status: x}", "\t", "name: 1"
          )  # fmt: skip
HOSTILE = (
    "\x00", "\u202e", "[" * 9_000, "{a: " * 9_000, "- " * 9_000, "? " * 9_000, "---\na\n" * 3_000,
    "&a [*a, *a]", "!!python/object:os.system x", "%YAML 9.9\n---\na: b", "a: |\n x", "id: zed",
    "schema: vendorwatch/1", "schema: vendorwatch/1\nid: acme-cam\nnames: 3", "programs: {}", "'",
    "names:\n- value: {a: b}", "measures:\n- id: [a]", "sources:\n  own-site: x", '"\\x', "~",
    "measures:\n- id: trade-list\n  sources: {a: b}", "examples: {match: {a: {b: c}}}", "`a`: b",
    "identifiers: [[[a]]]", "review: {reviewed_on: 99999}", "a: b\n" * 9_000, "# revision 7",
    "# revision 99999999999999999999\nname: X: Y", "<!channel>: b", "null: null",
    "? {a: b}\n: c", "\ufeffname: 1: 2",
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=9), max_size=8).map("\n".join))
def test_any_text_makes_a_record_or_says_what_to_mend(text: str) -> None:
    record = tree_of(ACME)
    for written in RecordTexts().read(text):
        with suppress(FlawedError):
            assert vendor_of(made_of(written, record).tree).id
    found = intake(NOBODYS, RecordTexts().read(text))
    assert render(intake_document(found)).blocks
