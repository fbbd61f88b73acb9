import random
import subprocess
import sys
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.addresses import canonical, links
from bot.core.stories import Fingerprint, Sameness, fingerprint, same_story

ADDRESS, TEXT, TITLE = Sameness.ADDRESS, Sameness.TEXT, Sameness.TITLE

AGENCY = """The harbour authority of Vale said on Tuesday that it would stop using cameras made by
Nadir Optics after an audit found that recordings had been kept for longer than the law allows.
The authority bought 340 of the cameras in 2019 and placed them along the quays, in two ferry
terminals and at the gates of the container yard. Maria Lind, who leads the audit office, told
reporters that nobody had been able to say who could see the recordings. Nadir Optics said in a
statement that it had no access to the recordings of its customers and had not been asked. The
company, which has its seat in Harrow, sells to some sixty ports. The city council is to vote in
March on whether the schools should follow. Two members of the council had asked for a ban last
autumn, when a newspaper reported that the same model was used at the detention centre in Eastmoor.
The audit office will publish the whole report next month, with the answers of the authority. A
trade union of dock workers welcomed the decision and asked for the recordings to be deleted. The
authority said that new cameras would cost 1.2 million crowns and that tenders would open in May."""
SENTENCES = AGENCY.replace("\n", " ").split(". ")
HEADLINE = "Vale harbour drops Nadir cameras after audit"

RELEASE = """{0} today announced that its new line of cameras has been certified for outdoor use
by the testing institute. The line has seven models with resolutions from two to twelve megapixels
and works from minus thirty to plus sixty degrees. Customers can order from the first of next month
through the usual partners. “We are proud of what our engineers did,” said the head of products at
{0}. The cameras store video in the card or in the cloud and are updated over the air. Each comes
with a guarantee of three years. About us: since {1} {0} has been making equipment for safer cities,
and employs {2} people. For more about {0} and the models see the site of {0} or write to the press
office of {0}."""


def story(title: str = "", text: str = "", url: str | None = None) -> Fingerprint:
    return fingerprint(url, title, text)


@pytest.mark.parametrize(
    "spelling",
    [
        "https://vale.example/2024/05/nadir",
        " http://VALE.example:80/2024/05/nadir/ ",
        "HTTPS://www.vale.example:443/2024/05/nadir#comments",
        "https://m.vale.example/2024/05/nadir?utm_source=rss&UTM_Medium=feed&fbclid=x",
        "https://reader:secret@vale.example./2024/05/n%61dir?gclid=1&mc_cid=2&mc_eid=3&igshid=4",
        "https://amp.vale.example/2024/05/nadir?ref=homepage&ref_src=twsrc&source=rss&cmpid=9",
        "https://www.vale.example/2024/05/nadir/amp/?amp=1&outputType=amp",
        "https://vale.example/2024/05/nadir.amp?&&",
    ],
)
def test_all_spellings_of_an_address_are_one(spelling: str) -> None:
    assert canonical(spelling) == "https://vale.example/2024/05/nadir"


@pytest.mark.parametrize(
    ("url", "spelt"),
    [
        ("https://vale.example/?b=2&a=1&b=1", "https://vale.example?a=1&b=2&b=1"),
        ("https://vale.example/a?q=x+y%2fz", "https://vale.example/a?q=x%20y%2Fz"),
        ("https://vale.example/路?号=1", "https://vale.example/%E8%B7%AF?%E5%8F%B7=1"),
        ("https://例え.example/", "https://xn--r8jz45g.example"),
        ("https://vale.example/x.amp.html", "https://vale.example/x.html"),
        ("https://vale.example:8443/", "https://vale.example:8443"),
        ("http://[2001:DB8::1]:80/a", "https://[2001:db8::1]/a"),
        ("https://vale.example/100%", "https://vale.example/100%25"),
        ("https://x.com/nadir/status/1?s=20&t=a", "https://x.com/nadir/status/1"),
    ],
)
def test_an_address_has_its_parts_in_order(url: str, spelt: str) -> None:
    assert canonical(url) == spelt


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://vale.example/news?id=1", "https://vale.example/news?id=2"),
        ("https://vale.example/A", "https://vale.example/a"),
        ("https://vale.example/notice?ref=2024-17", "https://vale.example/notice?ref=2024-18"),
        ("https://vale.example/?source=vale", "https://vale.example/?source=harrow"),
        ("https://vale.example/%2Fa", "https://vale.example//a"),
        ("https://vale.example/?a=1%262", "https://vale.example/?a=1&2"),
        ("https://vale.example/#!/a", "https://vale.example/#!/b"),
        ("https://vale.example/amp", "https://vale.example/"),
        ("https://www.example/", "https://example/"),
        ("https://vale.example:8080/", "https://vale.example/"),
        ("https://news.vale.example/a", "https://vale.example/a"),
    ],
)
def test_addresses_of_two_pages_stay_two(one: str, other: str) -> None:
    spelt = canonical(one), canonical(other)
    assert None not in spelt
    assert spelt[0] != spelt[1]


@pytest.mark.parametrize(
    "text",
    ["", "nadir", "mailto:a@vale.example", "https://", "https:///a", "https://a b/", "//vale/a",
     "https://vale..example/a", "https://[::1", "https://vale.example:port/", "ftp://vale.example/"],
)  # fmt: skip
def test_what_is_no_web_address_has_no_canonical_one(text: str) -> None:
    assert canonical(text) is None


_SCRAPS = st.lists(
    st.sampled_from(
        "https:// http:// HTTP:// www. m. amp. vale example . / // ? & = # % %4 %41 %2F "  # noqa: SIM905 - reads as the list it is
        "%zz + ; @ : :80 :443 [ ] [::1] /amp .amp .amp.html utm_source=x ref=a ref=1 "
        "source=rss #! ( ) < > | ]( 路 ß İ \ud800 \x00 \xad ’ . , ! * _ &amp; amp;".split(" ")
    )
    | st.text(max_size=4),
    max_size=14,
).map("".join)


@given(_SCRAPS | _SCRAPS.map("https://vale.example/{}".format) | st.text(max_size=60))
@example("https://vale.example/%%341")
@example("http://vale.example:443/")
@example("https://www.m.vale.example/a/amp/amp//.amp/")
def test_a_canonical_address_is_its_own_canonical_address(text: str) -> None:
    once = canonical(text)
    assert once is None or canonical(once) == once


@given(_SCRAPS)
def test_links_are_canonical_and_never_fail(text: str) -> None:
    found = links(text)
    assert all(canonical(url) == url for url in found)
    assert all(url.startswith("https://") for url in found)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://vale.example/a, please", ["/a"]),
        ("(https://vale.example/a). And HTTP://www.vale.example/b!", ["/a", "/b"]),
        ("https://vale.example/Nadir_(company)", ["/Nadir_(company)"]),
        ("(https://vale.example/Nadir_(company))", ["/Nadir_(company)"]),
        ("<https://vale.example/a?x=1&amp;y=2|vale.example>", ["/a?x=1&y=2"]),
        ("<https://vale.example/a|https://bank.example/b> <https://vale.example/c>", ["/a", "/c"]),
        ("[Nadir](https://vale.example/a) [x](<https://vale.example/b>)", ["/a", "/b"]),
        ("[https://vale.example/a](https://vale.example/b)", ["/a", "/b"]),
        ("**https://vale.example/a** “https://vale.example/b”", ["/a", "/b"]),
        ("请看https://vale.example/a。然后（https://vale.example/b）", ["/a", "/b"]),
        ("https://vale.example/a https://vale.example/a/#top", ["/a"]),
        ("https://web.vale.example/2020/https://vale.example/a", None),
        ("no link: vale.example/a, https://, http://.", []),
    ],
)
def test_the_links_of_a_chat_text_are_found(text: str, found: list[str] | None) -> None:
    if found is None:
        assert links(text) == (text,)
    else:
        assert list(links(text)) == [f"https://vale.example{path}" for path in found]


@pytest.mark.parametrize(
    "piece",
    ["https://", "https://a]", "https://a.b/(", "https://a.b)", ")", "<https://a.b|", "<https://a",
     "](https://", "https://a.b/%", "https://a.b?a&", "https://a.b/.amp", "http", "https://a.b. "],
)  # fmt: skip
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    began = time.perf_counter()
    links("https://a.b/" + piece * (200_000 // len(piece)))
    assert time.perf_counter() - began < 2


def test_the_same_address_is_the_same_story() -> None:
    one = story("Nadir wins", url="https://www.vale.example/1?utm_source=x")
    assert same_story(one, story("Other words", url="http://vale.example/1/")) is ADDRESS


def test_the_address_of_a_whole_site_says_nothing_about_a_story() -> None:
    assert story("One", url="https://vale.example/").url is None
    assert story("One", url="no address").url is None
    assert same_story(story(url="https://vale.example"), story(url="https://vale.example")) is None


@pytest.mark.parametrize(
    ("title", "copy"),
    [
        (HEADLINE, ["VALE, 6 May (Wire) - " + SENTENCES[0], *SENTENCES[1:]]),
        ("Port gives up on disputed surveillance equipment", SENTENCES[:-1]),
        ("Audit ends use of Nadir cameras in Vale", ["By a staff writer", *SENTENCES]),
        ("", [*SENTENCES, "Reporting by A. Vale; editing by B. Harrow."]),
        ("Vale harbour, criticised by auditors, drops Nadir cameras after audit", SENTENCES),
    ],
)
def test_an_agency_text_is_one_story_under_any_headline_and_with_small_cuts(
    title: str, copy: list[str]
) -> None:
    one, other = story(HEADLINE, AGENCY), story(title, ". ".join(copy))
    assert same_story(one, other) is TEXT


def test_long_copies_with_small_cuts_are_recognised_and_no_rearranged_ones() -> None:
    chance = random.Random(7)  # noqa: S311 - no secret
    vocabulary = ["".join(chance.choices("aeiklmnorst", k=6)) for _ in range(3000)]
    joined = mixed = 0
    for _ in range(40):
        told = [" ".join(chance.choices(vocabulary, k=15)) + "." for _ in range(40)]
        kept = [sentence for sentence in told[:-1] if chance.random() > 0.02]
        other = [" ".join(chance.choices(vocabulary, k=15)) + "." for _ in range(20)]
        one = story("", " ".join(told))
        joined += same_story(one, story("Another line", " ".join(kept))) is TEXT
        mixed += same_story(one, story("Another line", " ".join(told[:20] + other))) is TEXT
    assert joined == 40
    assert mixed == 0


@pytest.mark.parametrize(
    "other",
    [
        f"{HEADLINE} - Reuters",
        f"{HEADLINE} | World | The Vale Courier",
        f"{HEADLINE} — The Harrow Gazette",
        f"{HEADLINE} - Vale Online",
        f"EXCLUSIVE: {HEADLINE.upper()}",
        f"“{HEADLINE}”",
        "Vale harbour drops the Nadir camera after audits",
        "Vale harbour drops Nadir-cameras after audit",
    ],
)
def test_a_headline_with_its_publisher_is_the_same_headline(other: str) -> None:
    assert same_story(story(HEADLINE), story(other)) is TITLE


def test_a_publisher_is_known_by_its_address_as_well() -> None:
    title = fingerprint("https://www.the-lantern.example/1", f"{HEADLINE} - The Lantern", "").title
    assert title == HEADLINE.lower()
    assert story(f"{HEADLINE} - Harrow").title == f"{HEADLINE} Harrow".lower()
    assert story("The Lantern | Vale bans cameras").title == "the lantern vale bans cameras"
    assert story("Vale's U.S. cameras: 1.5% - part 2").title == "vales us cameras 1.5% part 2"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hikvision wins contract for city cameras", "Dahua wins contract for city cameras"),
        ("Camera sales to the police in 2023", "Camera sales to the police in 2024"),
        ("How Vale watches its harbour, part 1", "How Vale watches its harbour, part 2"),
        ("How Vale watches its harbour | part 1", "How Vale watches its harbour | part 2"),
        ("Nadir denies selling cameras to Eastmoor", "Nadir admits selling cameras to Eastmoor"),
        ("Nadir did sell cameras to Eastmoor", "Nadir did not sell cameras to Eastmoor"),
        ("Nadir sues Harrow over camera patents", "Harrow sues Nadir over camera patents"),
        ("Vale fines Nadir 3.5 million crowns", "Vale fines Nadir 35 million crowns"),
        ("Cameras banned in all schools - Vale", "Cameras banned in all schools - Harrow"),
        ("Vale to vote on Nadir ban on 3 May", "Vale to vote on Nadir ban on 4 May"),
        ("Council lists Nadir as lawful supplier", "Council lists Nadir as unlawful supplier"),
        ("County bans Nadir cameras from schools", "Country bans Nadir cameras from schools"),
        ("Court finds use of cameras legitimate", "Court finds use of cameras illegitimate"),
        ("Austria to ban cameras from Nadir", "Australia to ban cameras from Nadir"),
        *((title, title) for title in (
            "", "Weekly roundup", "Weekly roundup of camera and policy news", "Press release",
            "This week in cameras and recorders", "Nadir wins contract",
        )),
        ("海康威视否认向当局出售摄像头", "海康威视承认向当局出售摄像头"),
        ("海康威视中标城市摄像头项目合同", "大华股份中标城市摄像头项目合同"),
        ("Надир отрицает продажу камер полиции", "Надир признаёт продажу камер полиции"),
        ("Надир продал камеры полиции города", "Надир не продал камеры полиции города"),
    ],
)  # fmt: skip
def test_titles_that_may_tell_two_stories_do(one: str, other: str) -> None:
    assert same_story(story(one), story(other)) is None


def test_a_follow_up_with_a_like_title_is_a_story_of_its_own() -> None:
    later = f"""A week after the harbour authority of Vale dropped its Nadir Optics cameras, the
    city council put off its vote on the schools. {" ".join(SENTENCES[5:8])}. The mayor said that
    the audit office had not been asked about the schools, and that the cameras there were of
    another kind. Parents had gathered before the town hall with lanterns. The vote is now to be
    held in June, after the whole report has been published and read by a committee of five."""
    one = story(HEADLINE, AGENCY)
    for title in (
        "Vale harbour to drop Nadir cameras after second audit",
        "Vale schools keep Nadir",
    ):
        assert same_story(one, story(title, later)) is None


def test_an_equal_headline_over_quite_another_text_is_another_story() -> None:
    assert same_story(story(HEADLINE, AGENCY), story(HEADLINE, RELEASE)) is None
    assert same_story(story(HEADLINE, AGENCY), story(HEADLINE, "A teaser.")) is TITLE


def test_two_roundups_are_two_and_one_of_them_in_two_places_is_one() -> None:
    one, other = story("Weekly roundup", AGENCY), story("Weekly roundup", RELEASE)
    assert same_story(one, other) is None
    assert same_story(one, story("Weekly Roundup | Vale Post", AGENCY)) is TEXT


@pytest.mark.parametrize(
    "title", ["{0} announces certified outdoor cameras", "Press release", "{0}: press release"]
)
def test_one_form_letter_of_two_companies_is_two_stories(title: str) -> None:
    one, other = ("Hikvision", 2001, 400), ("Dahua Technology", 1998, 350)
    first = story(title.format(*one), RELEASE.format(*one))
    assert same_story(first, story(title.format(*other), RELEASE.format(*other))) is None
    assert same_story(first, story("Cameras certified", RELEASE.format(*one))) is TEXT


def test_two_pages_of_one_site_with_one_text_need_one_headline_as_well() -> None:
    paywall = fingerprint("https://vale.example/1", "Nadir wins contract in Harrow", AGENCY)
    other = fingerprint("https://vale.example/2", "Schools ban Nadir", AGENCY)
    elsewhere = fingerprint("https://harrow.example/2", "Schools ban Nadir", AGENCY)
    again = fingerprint("https://vale.example/3", "Nadir wins contract in Harrow", AGENCY)
    untold = fingerprint("https://vale.example/3", "Nadir wins contract in Harrow", "")
    assert same_story(paywall, other) is None
    assert same_story(paywall, elsewhere) is TEXT
    assert same_story(paywall, again) is TEXT
    assert same_story(paywall, untold) is None


def test_a_form_letter_is_told_apart_by_the_names_in_it() -> None:
    """Most shingles of this one stand in both."""
    told = [each + (" as {0} said there" if n < 4 else "") for n, each in enumerate(SENTENCES)]
    letter = ". ".join(told)
    one, other = story("", letter.format("Hikvision")), story("", letter.format("Dahua"))
    assert same_story(one, other) is None


@pytest.mark.parametrize("title", ["{0} wins the contract of Vale harbour", "{0} press release"])
def test_a_form_letter_that_names_its_company_once_is_told_apart(
    title: str,
) -> None:
    letter = AGENCY + " {0} welcomed that."
    one = story(title.format("Hikvision"), letter.format("Hikvision"))
    other = story(title.format("Dahua"), letter.format("Dahua"))
    assert same_story(one, other) is None
    assert same_story(one, story("", letter.format("Dahua"))) is None
    assert same_story(one, story("", letter.format("Hikvision"))) is TEXT


def test_equal_titles_that_say_little_ask_for_texts_that_are_equal_in_length_too() -> None:
    told, opening = ". ".join(SENTENCES[:3] + SENTENCES[4:]), ". ".join(SENTENCES[:4])
    for text in (told, opening):
        assert same_story(story(HEADLINE, AGENCY), story(HEADLINE, text)) is TEXT
    assert same_story(story("Press release", AGENCY), story("Press release", told)) is TEXT
    assert same_story(story("Press release", AGENCY), story("Press release", opening)) is None


def test_a_form_letter_with_another_number_in_its_title_is_another_story() -> None:
    assert (
        same_story(story("Notice 12 of 2024", AGENCY), story("Notice 13 of 2024", AGENCY)) is None
    )
    assert same_story(story("Nadir denies it", AGENCY), story("Nadir admits it", AGENCY)) is TEXT


CHINESE = (
    "港务局周二表示，在审计发现录像保存时间超过法律规定之后，将停止使用该公司生产的摄像头。"
    "港务局于二零一九年购买了三百四十台摄像头，安装在码头、两个渡轮站以及集装箱堆场的大门口。"
    "审计署负责人对记者说，没有人能够说明谁可以查看这些录像。该公司在声明中表示，"
    "无法接触客户的录像，也没有人就此询问过。市议会将于三月投票决定学校是否也应停止使用。"
)
RUSSIAN = (
    "Управление порта сообщило во вторник, что перестанет использовать камеры компании Надир после "
    "проверки, которая показала, что записи хранились дольше, чем разрешает закон. Управление "
    "купило камеры пять лет назад и установило их вдоль причалов, на двух паромных терминалах и у "
    "ворот контейнерного двора. Глава проверки рассказала журналистам, что никто не смог "
    "объяснить, кто имеет доступ к записям. Компания заявила, что доступа к записям у неё нет."
)


@pytest.mark.parametrize(
    ("text", "title", "cut", "unlike"),
    [
        (CHINESE, "港务局停止使用摄像头", CHINESE[:-12], CHINESE[::-1]),
        (RUSSIAN, "Порт отказался от камер", RUSSIAN.rsplit(" ", 3)[0], RUSSIAN.upper()[::-1]),
    ],
)
def test_other_scripts_are_told_apart_and_joined_alike(
    text: str, title: str, cut: str, unlike: str
) -> None:
    one = story("", text)
    assert same_story(one, story(title, cut)) is TEXT
    assert same_story(one, story(title, unlike)) is None


def test_titles_in_other_scripts_lose_their_publisher_too() -> None:
    assert same_story(story("港务局周二宣布停止使用有争议的摄像头"),
                      story("港务局周二宣布停止使用有争议的摄像头_新华网")) is TITLE  # fmt: skip
    title = "Порт отказался от камер после проверки"
    assert same_story(story(title), story(f"{title} — РИА Новости")) is TITLE


def test_a_text_too_short_to_mean_anything_joins_nothing() -> None:
    for text in ("Nadir wins a lot. " * 6, "短文" * 24, "Read more here."):
        assert same_story(story("", text), story("", text)) is None


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    code = "import sys; from bot.core.stories import fingerprint as f; "
    code += "print(f('https://vale.example/1', sys.argv[1], sys.argv[2]))"
    command = [sys.executable, "-c", code, HEADLINE, AGENCY]
    seeds = [
        subprocess.run(  # noqa: S603 - our own interpreter
            command, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, timeout=60
        ).stdout
        for seed in ("1", "2")
    ]
    assert seeds[0] == seeds[1]
    assert seeds[0].decode().strip() == str(story(HEADLINE, AGENCY, "https://vale.example/1"))


def test_a_huge_text_is_read_in_a_moment() -> None:
    began = time.perf_counter()
    for piece in ("a ", "A. ", "龍", "\u0301", "- ", "1,", "'", "x"):
        story(piece * 200_000, piece * 500_000)
    assert time.perf_counter() - began < 5


_WORDS = st.sampled_from(
    "Nadir Harrow sells sold cameras camera to not 2023 2024 the weekly press release - | "  # noqa: SIM905 - reads as the list it is
    "Reuters 海康 威视 否认 камера denies admits after audit organisation organization "
    "Post 1.5 % U.S. !".split()
)
_TITLES = st.lists(_WORDS, max_size=9).map(" ".join) | st.text(max_size=30)
_TEXTS = st.sampled_from(["", AGENCY, ". ".join(SENTENCES[1:]), RELEASE, CHINESE]) | st.text()
_URLS = st.none() | _SCRAPS.map("https://vale.example/{}".format) | _SCRAPS
_PRINTS = st.builds(fingerprint, _URLS, _TITLES, _TEXTS)


@given(_PRINTS, _PRINTS)
def test_sameness_does_not_depend_on_the_order(one: Fingerprint, other: Fingerprint) -> None:
    assert same_story(one, other) is same_story(other, one)


@given(_PRINTS)
def test_a_story_with_an_address_or_a_text_is_the_same_as_itself(one: Fingerprint) -> None:
    if one.url or one.words.length >= 25:
        assert same_story(one, one) is (ADDRESS if one.url else TEXT)
    else:
        assert same_story(one, one) in {TITLE, None}
