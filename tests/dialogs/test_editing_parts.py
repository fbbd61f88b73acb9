"""A curator writes every part of a vendor's record by chat, and sees what it makes of the card."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.editorial import check
from bot.core.roles import Roles
from bot.core.settings import Settings
from tests.build import vendor
from tests.dialogs.conftest import ACME, Bot, a_bot
from tests.fakes import Clock

CURATORS = Roles.of(["fake:ada"], ["fake:dana", "fake:eli"])
PLAIN = vendor("road-runner")
IPVM = 'source="IPVM, 2023-11, research, https://ipvm.example/1"'
GAZETTE = 'source="Federal Register, 2019-10-09, official, https://gazette.example/19"'
LISTED = f"US Entity List kind=export_control authority=Commerce since=2019-10-09 {GAZETTE}"
BY_DANA = "Team entry by dana, 1 Apr 2024"


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with an admin and two curators."""
    async with a_bot(tmp_path, [ACME, PLAIN], Settings(), Clock(), roles=CURATORS) as made:
        yield made


async def says(bot: Bot, line: str, actor: str = "dana") -> str:
    """Give a command as somebody who has seen what others did; give what is answered."""
    bot.clock.pass_(minutes=2)
    return await bot.answers(line, actor)


async def test_a_name_is_added_in_one_short_line_and_watches_at_once(bot: Bot) -> None:
    assert "The name Beep Beep of Road Runner is recorded." in await says(
        bot, "watchlist name add road runner Beep Beep"
    )
    await bot.hears("#hall", "They bought a beep beep")
    assert "Road Runner" in bot.shown("#hall")[-1]
    assert "is taken out" in await says(bot, "watchlist name remove road-runner beep beep")
    await bot.hears("#town", "They bought a beep beep")
    assert bot.shown("#town") == []


async def test_a_short_name_counts_as_written_and_the_way_out_is_typed_out(bot: Bot) -> None:
    told = await says(bot, "watchlist name add road runner RR")
    line = 'watchlist name edit road-runner RR match=context requires="camera, surveillance"'
    assert line in told
    assert "is changed" in await says(bot, line)
    await bot.hears("#hall", "The RR left the station")
    assert bot.posted() == []
    await bot.hears("#hall", "An RR surveillance camera")
    assert len(bot.posted()) == 1


async def test_a_name_in_another_script_is_looked_for_anywhere(bot: Bot) -> None:
    await says(bot, "watchlist name add road-runner 走鹃 role=legal")
    await bot.hears("#hall", "他们买了走鹃摄像机")
    assert len(bot.posted()) == 1


async def test_a_look_alike_blocks_its_text(bot: Bot) -> None:
    assert "is recorded" in await says(
        bot, 'watchlist look-alike add road runner Road Runner Sports why="a shop for shoes"'
    )
    await bot.hears("#hall", "I ran to Road Runner Sports")
    assert bot.posted() == []
    assert 'why="' not in await says(bot, "watchlist show road-runner look-alike")
    await says(bot, 'watchlist look-alike edit road-runner sports why="a chain of shops"')
    await says(bot, "watchlist look-alike remove road-runner sports")
    await bot.hears("#hall", "I ran to Road Runner Sports")
    assert len(bot.posted()) == 1


async def test_a_measure_with_its_source_is_on_the_card(bot: Bot) -> None:
    told = await says(bot, f"watchlist measure add road runner {LISTED}")
    assert "The measure us-entity-list of Road Runner is recorded." in told
    assert "Its status counts as checked 9 Oct 2019, the date of its newest source" in told
    assert "Export control: US Entity List, since 9 Oct 2019" in await says(
        bot, "vendor roadrunner"
    )


async def test_a_measure_without_a_source_is_a_draft_until_it_has_one(bot: Bot) -> None:
    line = "watchlist measure add road runner US Entity List kind=export_control "
    told = await says(bot, line + "authority=Commerce since=2019-10-09")
    assert "recorded as a draft" in told
    assert "stays off cards until it has a source: watchlist measure edit road-runner" in told
    assert "US Entity List" not in await says(bot, "vendor road runner")
    assert "us-entity-list" in await says(bot, "watchlist todo road runner")
    told = await says(bot, f"watchlist measure edit road runner entity {GAZETTE}")
    assert "is confirmed, and speaks from now on" in told
    assert "US Entity List, since" in await says(bot, "vendor road runner")


async def test_what_was_left_unverified_on_purpose_stays_so(bot: Bot) -> None:
    await says(bot, f"watchlist measure add road runner {LISTED} confidence=unverified")
    told = await says(bot, f"watchlist measure edit road-runner us-entity-list {IPVM}")
    assert "until somebody says: watchlist measure edit road-runner us-entity-list" in told
    assert "is confirmed" in await bot.presses("Publish", "dana")


async def test_a_measure_ends_in_one_short_line_and_is_told_as_ended(bot: Bot) -> None:
    await says(bot, f"watchlist measure add road runner {LISTED}")
    told = await says(bot, "watchlist measure end road runner US Entity List 2024-10-21")
    assert "in_force → removed" in told
    assert "No source was given that says so" in told
    assert "9 Oct 2019 to 21 Oct 2024, removed" in await says(bot, "vendor road runner")
    await says(bot, "watchlist undo 2")
    source = 'source="Commerce, 2024-03-31, official"'
    told = await says(
        bot, f"watchlist measure end road runner entity today status=vacated {source}"
    )
    assert "verified on: 2019-10-09 → 2024-03-31" in told
    assert "No source was given" not in told
    assert "to 1 Apr 2024, vacated" in await says(bot, "vendor road runner")


async def test_an_allegation_waits_for_its_answer_and_is_published_with_it(bot: Bot) -> None:
    add = 'watchlist allegation add road runner by=IPVM date=2023-11 text="It counts hats"'
    told = await says(bot, f"{add} {IPVM}")
    assert "recorded as a draft" in told
    assert "Its status is “alleged”, the weakest there is" in told
    assert "until its answer is on record: watchlist response add road-runner ipvm-2023" in told
    assert "counts hats" not in await says(bot, "vendor road runner")
    answer = 'watchlist response add road runner ipvm-2023 kind=denial text="It never did"'
    told = await says(bot, f"{answer} date=2023-11 source=https://ipvm.example/1")
    assert "The allegation ipvm-2023 has its answer now" in told
    assert "is confirmed" in await bot.presses("Publish", "dana")
    card = await says(bot, "vendor road runner")
    assert f"Alleged: IPVM, Nov 2023: It counts hats. [IPVM] {BY_DANA}\n↳ Denial, Nov 2023" in card


async def test_an_allegation_that_nobody_answered_says_who_was_asked(bot: Bot) -> None:
    add = "watchlist allegation add road runner It counts hats by=IPVM date=2023-11 status=reported"
    told = await says(bot, f'{add} no_response="did not answer IPVM" {IPVM}')
    assert "draft" not in told
    card = await says(bot, "vendor road runner")
    assert "No response on record (did not answer IPVM)" in card
    answer = "watchlist response add road runner ipvm-2023 It never did kind=denial"
    assert "has no allegation, measure or court case" in await says(bot, answer)


async def test_an_allegation_that_was_taken_back_stays_as_withdrawn(bot: Bot) -> None:
    told = await says(bot, "watchlist allegation withdraw acme cam tender 2024-03")
    assert "reported → withdrawn" in told
    assert "Withdrawn 2024-03." in told
    assert "Its end belongs into its first words" in told
    assert "Withdrawn: The Springfield Shopper" in await says(bot, "vendor acme cam")


async def test_a_measure_is_answered_as_well(bot: Bot) -> None:
    answer = "watchlist response add acme cam trade list kind=statement date=2019-10"
    told = await says(bot, f'{answer} text="It opposes that" source=own-site')
    assert "The response r-trade-list of Acme Cam is recorded." in told
    assert "Statement, Oct 2019: It opposes that" in await says(bot, "vendor acme cam")
    edit = 'watchlist response edit acme cam r-trade-list short="Opposes it" answers+=tender'
    assert "trade-list, tender" in await says(bot, edit)


async def test_the_other_parts_are_written_alike(bot: Bot) -> None:
    told = [
        await says(bot, f"watchlist {line} {IPVM}")
        for line in (
            (
                'proceeding add acme cam Acme v Zedland, 12 court="High Court" stage=interim '
                'outcome="Suspension refused" affects="trade-list, tender"'
            ),
            "background add acme cam It sold a million cameras in 2022 date=2022",
            'related add acme cam Acme Holdings relation=parent text="owns 42%"',
        )
    ]
    assert "The court proceeding acme-v-zedland-12 of Acme Cam is recorded." in told[0]
    assert "The background fact it-sold-a-million-cameras of Acme Cam is recorded." in told[1]
    assert "The related company Acme Holdings of Acme Cam is recorded." in told[2]
    record = await says(bot, "vendor record acme cam")
    for line in ("Suspension refused", "It sold a million cameras", "Acme Holdings (parent)"):
        assert line in record
    await says(bot, "watchlist proceeding edit acme cam High Court stage=merits")
    await says(bot, "watchlist related remove acme cam Acme Holdings")
    await says(bot, "watchlist background remove acme cam sold million")
    record = await says(bot, "vendor record acme cam")
    assert "ruling on the merits" in record
    assert "Acme Holdings" not in record
    assert "million cameras in" not in record


async def test_the_record_s_own_fields_are_set(bot: Bot) -> None:
    told = await says(
        bot,
        'watchlist set road runner country=us headquarters="Monument Valley" tags="birds, fast" '
        'control="Owned by Acme" native_name=走鹃 identifiers.lei=5299 review.status=published',
    )
    assert "What is said of control is a draft and stays off cards" in told.replace("`", "")
    card = await says(bot, "vendor road runner")
    assert "Monument Valley. Surveillance cameras." in card
    assert "Owned by Acme" not in card
    await says(bot, 'watchlist set road runner control.source="Acme, subject" tags-=birds')
    assert "Owned by Acme" in await says(bot, "vendor road runner")
    assert "Road Runner" in await says(bot, "vendor list fast")
    assert "No watched vendor has the tag" in await says(bot, "vendor list birds")
    shown = await says(bot, "watchlist show road runner")
    assert "identifiers: lei 5299" in shown
    assert "review: status published" in shown
    assert "control: Owned by Acme" in shown


async def test_an_id_changes_with_all_that_speaks_of_it(bot: Bot) -> None:
    told = await says(bot, "watchlist allegation edit acme cam tender id=hats")
    assert "response denial, answers: tender → hats" in told
    assert "Denial, 1 Dec 2023" in await says(bot, "vendor acme cam")
    told = await says(bot, "watchlist source edit acme cam own-site key=acme-site")
    assert "makes, sources: own-site → acme-site" in told
    assert "acme-site: " in await says(bot, "vendor record acme cam")
    await says(bot, 'watchlist name edit acme cam acme.example value="acme-cam.example"')
    assert "acme-cam.example" in await says(bot, "watchlist show acme cam name")


async def test_what_is_taken_out_is_shown_first_and_takes_its_answers_along(bot: Bot) -> None:
    asked = await bot.answers("watchlist allegation remove acme cam hats", "dana", confirm=False)
    assert "That would take the allegation tender out of the record of Acme Cam" in asked
    assert "with it the response denial, which answers nothing else" in asked
    assert "Tender" not in asked
    done = await bot.presses("Confirm", "dana")
    assert "is taken out" in done
    assert "No allegation on record" in await says(bot, "vendor acme cam")
    await says(bot, "watchlist undo 1")
    assert "Denial, 1 Dec 2023" in await says(bot, "vendor acme cam")


async def test_the_reason_is_in_the_log(bot: Bot) -> None:
    await says(bot, 'watchlist measure remove acme cam trade because="of another company"')
    assert "of another company" in await says(bot, "watchlist log acme cam")


async def test_a_source_is_recorded_for_later_and_one_in_use_stays(bot: Bot) -> None:
    told = await says(bot, "watchlist source add road runner IPVM, 2023, research")
    assert "Nothing cites it yet: give source=ipvm-2023" in told
    told = await says(bot, "watchlist source remove acme cam own-site")
    assert "is cited by makes; control;" in told
    assert "is taken out" in await says(bot, "watchlist source remove road runner ipvm")


async def test_what_waits_is_listed_stubs_by_their_name(bot: Bot) -> None:
    await says(bot, "watchlist add Gizmo Eye")
    assert "stub: no record yet" in await says(bot, "watchlist todo gizmo eye")
    assert "Gizmo Eye: 2 lines, watchlist todo gizmo-eye" in await says(bot, "watchlist todo")


async def test_a_stub_clears_nobody(bot: Bot) -> None:
    """Neither its card nor a list says that there is no measure: nobody has looked."""
    await says(bot, "watchlist add Gizmo Eye")
    for line in ("vendor gizmo eye", "vendor record gizmo eye", "vendor list"):
        told = await says(bot, line)
        assert "Stub: no record yet." in told
        assert "Gizmo Eye (gizmo-eye): No government measure" not in told
    await says(bot, "watchlist measure add gizmo eye Thing kind=inquiry authority=X since=2024")
    assert "Stub: no record yet." in await says(bot, "vendor gizmo eye")


async def test_the_first_source_of_a_record_can_be_undone(bot: Bot) -> None:
    await says(bot, "watchlist add Gizmo Eye")
    await says(bot, f"watchlist measure add gizmo eye {LISTED}")
    assert "2 is taken back" in await says(bot, "watchlist undo 2")
    assert "Stub: no record yet." in await says(bot, "vendor gizmo eye")


async def test_from_an_empty_watchlist_to_a_published_vendor_by_chat_alone(tmp_path: Path) -> None:
    """Two measures, two allegations and their answers, names: what stands meets the standard."""
    async with a_bot(tmp_path, [], Settings(), Clock(), roles=CURATORS) as bot:
        for line in (
            "watchlist add Gizmo Eye",
            "watchlist name add gizmo eye Gizmo Cam role=brand",
            "watchlist name add gizmo eye 吉兹摩 role=legal",
            (
                'watchlist set gizmo eye makes="Surveillance cameras" country=CN '
                'headquarters="Shenzhen, China" native_name=吉兹摩 '
                'source="Gizmo Eye, subject, https://gizmo.example/about"'
            ),
            f'watchlist measure add gizmo eye {LISTED} limits="Not a ban on buying its products"',
            (
                "watchlist measure add gizmo eye Canada closure order kind=closure_order "
                'authority="Innovation Canada" since=2024-01-27 '
                'source="CNA, 2024-01-28, press, https://cna.example/1"'
            ),
            (
                "watchlist response add gizmo eye canada kind=statement date=2024-01 "
                'text="It lacks a factual basis" source=cna-2024'
            ),
            (
                "watchlist allegation add gizmo eye by=IPVM date=2023-11 status=reported "
                f'text="Its cameras were sold with a minority alert" {IPVM}'
            ),
            (
                "watchlist response add gizmo eye ipvm-2023 kind=denial date=2023-11 "
                'text="It never sold that function" source=ipvm-2023'
            ),
            "watchlist allegation edit gizmo eye ipvm-2023 confidence=confirmed",
            (
                'watchlist allegation add gizmo eye by="The Springfield Shopper" date=2022-05 '
                'text="Its cameras leak passwords" no_response="did not answer the Shopper" '
                'source="The Springfield Shopper, 2022-05, press"'
            ),
        ):
            told = await says(bot, line)
            assert "(revision " in told, told
        card = await says(bot, "vendor 吉兹摩")
        assert card.startswith(
            "Gizmo Eye (吉兹摩)\n"
            "Shenzhen, China. Surveillance cameras. Team entry by dana, 1 Apr 2024\n"
            "Sanctions status: No asset freeze found; 2 other government measures in force"
        )
        assert f"sold with a minority alert. [IPVM] {BY_DANA}\n↳ Denial, Nov 2023" in card
        assert "↳ No response on record (did not answer the Shopper)." in card
        assert "↳ Statement, Jan 2024: It lacks a factual basis. [CNA]" in card
        waits = await says(bot, "watchlist todo gizmo eye")
        assert "unverified" not in waits
        assert "no person has reviewed this record" in waits
        record = bot.app.current.of("default").watchlist.get("gizmo-eye")
        assert [each for each in check(record, {}) if each.is_error] == []
        log = await says(bot, "watchlist log gizmo eye")
        assert "11 · Gizmo Eye" in log


async def test_where_a_second_person_decides_a_part_is_proposed(tmp_path: Path) -> None:
    """It stands on no card before, and no button publishes it past whoever decides."""
    async with a_bot(tmp_path, [PLAIN], Settings(), Clock(), roles=CURATORS, approval=True) as bot:
        told = await says(bot, f"watchlist measure add road runner {LISTED} confidence=unverified")
        assert "Proposed as 1" in told
        assert "Publish" not in told
        assert "US Entity List" not in await says(bot, "watchlist show road runner")
        assert "(revision 1)" in await says(bot, "watchlist approve 1", "eli")
        edit = "watchlist measure edit road runner us confidence=confirmed"
        assert "Proposed as 2" in await says(bot, edit)
        assert "US Entity List" not in await says(bot, "vendor road runner")
        await says(bot, "watchlist approve 2", "eli")
        assert "US Entity List, since" in await says(bot, "vendor road runner")
