"""An edit that cannot be made is refused in plain words, with what to type instead."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.roles import Roles
from bot.core.settings import Settings
from tests.build import program, vendor, write_pack
from tests.dialogs.conftest import ACME, Bot, a_bot
from tests.fakes import Clock

CURATORS = Roles.of(["fake:ada"], ["fake:dana"])


LACKING = [
    (
        "measure add road runner status=proposed",
        (
            "A measure needs kind, title, authority and since. For example watchlist measure add "
            "road-runner US Entity List kind=export_control"
        ),
    ),
    ("allegation add road runner It counts hats", "An allegation needs by and date. For"),
    ("response add acme cam tender", "A response needs kind and text. For example"),
    ("proceeding add acme cam A v B", "A court proceeding needs court, stage and outcome."),
    ("background add acme cam date=2022", "A background fact needs text. For example"),
    ("related add acme cam Acme Holdings", "A related company needs relation. For example"),
    ("not-listed add acme cam checked_on=2024", "needs program. For example watchlist not-li"),
    ("look-alike add acme cam Acme Bakery", "A look-alike needs why. For example"),
    ("name add acme cam role=brand", "A name needs value. For example watchlist name add"),
    ("source add acme cam publisher=IPVM", "A source needs tier. For example"),
    ("measure add road runner", "That needs an entry. Type watchlist measure add"),
]

REFUSED = [
    ("name add road runner RRX match=word", "too short for word; use exact, context or never"),
    ("name add road runner RRX match=word", 'RRX match=context requires="camera, surveill'),
    ('name add road runner "Group"', "only says a legal form"),
    ("name add road runner ACME CAM", "also alerts for"),
    ("name add road runner ACME CAM", '"ACME CAM" match=context requires="camera, surv'),
    ("name add road runner acme role=domain", "'acme' is no domain such as acme.example"),
    (
        "name add acme cam acme.example role=alias",
        "is there already. Change it: watchlist name",
    ),
    ("name remove acme cam acme", "may be Acme Cam, acme.example"),
    ("measure edit acme cam trade kidn=x", "no field of a measure; did you mean 'kind'?"),
    ("measure edit acme cam trade kind=x", "'x' is not one of export_control, investment_ban"),
    ("measure edit acme cam trade since=soon", "'soon' is no date; write 2019-10-09"),
    ("measure edit acme cam trade authority=none", "missing key 'authority'"),
    ("measure edit acme cam trade", "What of it is to change? Write key=value; there are"),
    ("measure edit acme cam trade status=removed", "needs 'ended_on'"),
    ("measure edit acme cam trade status=removed", "watchlist measure end acme-cam trade-list"),
    ("measure edit acme cam trade verified_on=none", "For example verified_on=2024-05-01"),
    ("measure edit acme cam trade id=tender", "'tender' is there already"),
    ("measure edit acme cam entity binds=x", "There is no measure 'entity' of Acme Cam."),
    ("measure edit acme cam binds=x", "Which measure? There is trade-list."),
    ("measure edit road runner x binds=x", "has no measure on record. Add one: watchlist mea"),
    ("measure end acme cam trade", "Since when? For example watchlist measure end acme-cam"),
    ("measure end acme cam trade 2001", "it ended before it began"),
    ("measure end acme cam trade 2024 status=stayed", "a measure that is stayed has not ended"),
    ("measure add acme cam A kind=inquiry authority=B since=2020 title=C", "both say what its"),
    (
        "measure add acme cam A kind=inquiry authority=B since=2020 id=denial",
        "is taken in this",
    ),
    (
        "measure edit acme cam trade program=ZZ-X",
        "There is no programme 'ZZ-X' in programs.yml",
    ),
    ("measure edit acme cam trade sources=x", "there is no source 'x' in this file"),
    ("measure edit acme cam trade source=x", "The record has no source 'x'. A new one needs"),
    ("measure edit acme cam trade sources=none confidence=confirmed", "at least one source"),
    ("measure edit acme cam trade effect='It is sanctioned'", "only of an asset freeze"),
    ("allegation edit acme cam tender status=court_finding source='A, press'", "tier court or"),
    ("response remove acme cam denial", "That would take the response denial out"),
    (
        "response edit acme cam denial answers=gloves",
        "no allegation, measure or court case 'gloves'",
    ),
    ("response edit acme cam denial answers=none", "missing key 'answers'"),
    ("source add acme cam https://acme-cam.example/news", "has it already, as own-site"),
    ("source add acme cam key=own-site publisher=A tier=press", "'own-site' is there already"),
    ("set acme cam country=China", "'CHINA' must be a country code of two capital letters"),
    ("set acme cam source='A, press'", "Write makes.source= or control.source="),
    ("set acme cam China", "What is to change? Write key=value"),
    ("set acme cam measures=3", "'measures' is no field of a vendor's record"),
    ("set acme cam makes=none", "missing key 'makes'"),
    ("set acme cam headquarters=Springfield", "That is how it is already"),
]


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Bot]:
    """Give a bot with a curator."""
    some = [ACME, vendor("road-runner")]
    async with a_bot(tmp_path, some, Settings(), Clock(), roles=CURATORS) as made:
        yield made


async def says(bot: Bot, line: str, actor: str = "dana") -> str:
    """Give a command; give what is answered, in text."""
    bot.clock.pass_(seconds=20)
    return await bot.answers(line, actor, confirm=False)


async def test_all_that_is_missing_is_told_at_once(bot: Bot) -> None:
    for line, told in LACKING:
        answer = await says(bot, f"watchlist {line}")
        assert told in answer, line
    assert await says(bot, "watchlist log") == "Nothing was changed by chat."


async def test_what_may_not_stand_is_refused_with_the_way_out(bot: Bot) -> None:
    for line, told in REFUSED:
        answer = await says(bot, f"watchlist {line}")
        assert told in answer, line
    assert await says(bot, "watchlist log") == "Nothing was changed by chat."


async def test_the_only_answer_to_an_allegation_stays_until_there_is_another_word(bot: Bot) -> None:
    asked = await says(bot, "watchlist response remove acme cam denial")
    code = asked.partition("vendor confirm ")[2][:4]
    told = await says(bot, f"vendor confirm {code}")
    assert "an allegation needs a response that answers it, or 'no_response'" in told
    line = 'watchlist allegation edit acme-cam tender no_response="did not answer IPVM"'
    assert line in told
    assert "is changed" in await says(bot, line)


async def test_a_vendor_that_is_not_watched_is_asked_about(bot: Bot) -> None:
    assert "Acme Cam" in await says(bot, "watchlist name add acmee-cam Acme Eye")


async def test_a_programme_gives_a_measure_its_title_and_authority(bot: Bot) -> None:
    write_pack(bot.pack, programs={"ZZ-TRADE": program()})
    await bot.app.current.reload()
    line = "watchlist measure add road runner program=zz-trade kind=export_control since=2020 "
    told = await says(bot, line + 'source="Gazette, 2020-01-02, official"')
    assert "The measure zz-trade of Road Runner is recorded." in told
    assert "Zedland Trade List, since 2020" in await says(bot, "vendor road runner")
    told = await says(bot, "watchlist measure edit road runner trade program=ZZ-TARDE")
    assert "There is no programme 'ZZ-TARDE' in programs.yml; did you mean 'ZZ-TRADE'?" in told
    listed = "watchlist not-listed add road runner ZZ-TRADE checked_on=2024 source=gazette-2020"
    assert "is recorded" in await says(bot, listed)
