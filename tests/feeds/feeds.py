"""Feeds as publishing systems write them, built from a few words: for tests and measurements."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from xml.sax.saxutils import escape, quoteattr

SITE = "https://news.shopper.example"
FIRST_DAY = datetime(2024, 3, 1, 9, 30, tzinfo=UTC)

_WORDS = {
    "en": "council camera contract tender police harbour station software supplier letter minister "
    "procurement budget system access data border school hospital vendor review court order",
    "fr": "mairie caméra marché préfecture logiciel sécurité données frontière école hôpital été "
    "société conseil décision réseau contrôle",
    "ru": "камера тендер полиция министр закупка система доступ данные граница школа суд решение",
    "zh": "摄像头 招标 警方 部长 采购 系统 数据 边境 学校 法院 决定 公司 海康威视",
    "ar": "كاميرا مناقصة شرطة وزير نظام بيانات حدود مدرسة محكمة قرار شركة",
}
_NAMES = ("AT&T", "Acme <Holdings>", "Møller & Søn", "Dräger", "Hikvision", "L'Oréal", "R&D Labs")
_MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_SELF = 'xmlns:atom="http://www.w3.org/2005/Atom"'


@dataclass(frozen=True, slots=True)
class Story:
    """What a publishing system has of an article. `body` is HTML, `lead` is text."""

    number: int
    title: str
    link: str
    lead: str
    body: str
    at: datetime


def stories(rng: Random, count: int, paragraphs: int = 4, language: str = "en") -> list[Story]:
    """Make up articles, newest first."""
    made = []
    for number in range(count, 0, -1):
        title = f"{_words(rng, language, 7)} {rng.choice(_NAMES)} {number}"
        body = "".join(_paragraph(rng, language) for _ in range(paragraphs))
        at = FIRST_DAY + timedelta(hours=number * 5, minutes=rng.randrange(60))
        link = f"{SITE}/{at:%Y/%m}/story-{number}"
        made.append(Story(number, title, link, _words(rng, language, 30) + ".", body, at))
    return made


def _words(rng: Random, language: str, count: int) -> str:
    return " ".join(rng.choices(_WORDS[language].split(), k=count)).capitalize()


def _paragraph(rng: Random, language: str) -> str:
    text = escape(f"{_words(rng, language, rng.randrange(30, 90))}. {rng.choice(_NAMES)} denied it")
    kind = rng.randrange(12)
    if kind == 0:
        return (
            f'<figure class="wp-block-image size-large"><img decoding="async" width="1024" '
            f'src="{SITE}/img/{rng.randrange(999)}.jpg?w=1024&amp;q=80" alt="A &quot;camera&quot;"'
            f' srcset="{SITE}/a.jpg 1x, {SITE}/b.jpg 2x" /><figcaption>{text}</figcaption></figure>'
        )
    if kind == 1:
        return f"<h2>{_words(rng, language, 5)}</h2>\n<ul>\n<li>{text}</li>\n<li>Two</li></ul>"
    if kind == 2:
        return f"<blockquote><p>{text}&#8217;s &#8220;word&#8221;&nbsp;&hellip;</p></blockquote>"
    link = f'<a href="{SITE}/tag?a=1&amp;b=2" rel="nofollow">{_words(rng, language, 3)}</a>'
    return f"<p>{text} <strong>{_words(rng, language, 2)}</strong> {link}.<br />{text}</p>\n"


def _cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def _mail(at: datetime) -> str:
    return format_datetime(at)


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def _rss(spaces: str, head: str, items: Iterator[str], version: str = "2.0") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="{version}" {spaces}>\n<channel>\n'
        f"<title>The Shopper</title><link>{SITE}/</link><description>News</description>{head}\n"
        + "\n".join(items)
        + "\n</channel>\n</rss>\n"
    )


def wordpress(told: list[Story]) -> str:
    """As WordPress: titles escaped, texts in CDATA, guids that are no links."""
    spaces = (
        f'{_CONTENT} xmlns:wfw="http://wellformedweb.org/CommentAPI/" {_DC} {_SELF} '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    )
    head = (
        f'<atom:link href="{SITE}/feed/" rel="self" type="application/rss+xml" />'
        "<lastBuildDate>Fri, 01 Mar 2024 10:30:00 +0000</lastBuildDate><language>en-GB</language>"
        "<sy:updatePeriod>\n\thourly\t</sy:updatePeriod><sy:updateFrequency>\n\t1\t"
        f"</sy:updateFrequency><image><url>{SITE}/i.png</url><title>The Shopper</title>"
        f"<link>{SITE}</link><width>32</width></image>"
    )
    return _rss(
        spaces,
        head,
        (
            f"<item><title>{escape(each.title)}</title><link>{each.link}/</link>"
            f"<dc:creator>{_cdata('Jo & Co')}</dc:creator><pubDate>{_mail(each.at)}</pubDate>"
            f"<category>{_cdata('Tenders')}</category>"
            f'<guid isPermaLink="false">{SITE}/?p={each.number}</guid>'
            f"<description>{_cdata(f'<p>{escape(each.lead)} [&#8230;]</p>')}</description>"
            f"<content:encoded>{_cdata(each.body)}</content:encoded>"
            f"<wfw:commentRss>{each.link}/feed/</wfw:commentRss>"
            f"<slash:comments>0</slash:comments></item>"
            for each in told
        ),
    )


def blogger(told: list[Story]) -> str:
    """As Blogger: Atom with five links to an entry and ids that are tags."""
    entries = (
        f"<entry><id>tag:blogger.com,1999:blog-7.post-{each.number}</id>"
        f"<published>{each.at:%Y-%m-%dT%H:%M:%S.123-07:00}</published>"
        f"<updated>{each.at:%Y-%m-%dT%H:%M:%S.999-07:00}</updated>"
        f"<category scheme='http://www.blogger.com/atom/ns#' term='x'/>"
        f"<title type='text'>{escape(each.title)}</title>"
        f"<content type='html'>{escape(each.body)}</content>"
        f"<link rel='replies' type='application/atom+xml' href='{each.link}/comments' title='C'/>"
        f"<link rel='edit' type='application/atom+xml' href='{SITE}/edit/{each.number}'/>"
        f"<link rel='self' type='application/atom+xml' href='{SITE}/self/{each.number}'/>"
        f"<link rel='alternate' type='text/html' href='{each.link}.html' title='x'/>"
        f"<author><name>Jo</name><uri>{SITE}/jo</uri><email>noreply@x.example</email>"
        f"<gd:image rel='http://schemas.google.com/g/2005#thumbnail' width='16' src='{SITE}/g'/>"
        f"</author><media:thumbnail url='{SITE}/t.jpg' height='72' width='72'/>"
        f"<thr:total>0</thr:total></entry>"
        for each in told
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><?xml-stylesheet href='a.css' type='text/css'?>"
        f"<feed xmlns='{_ATOM}' xmlns:gd='http://schemas.google.com/g/2005' "
        "xmlns:georss='http://www.georss.org/georss' xmlns:thr='http://purl.org/syndication/"
        f"thread/1.0' {_MEDIA}><id>tag:blogger.com,1999:blog-7</id><title type='text'>The Shopper"
        f"</title><updated>2024-03-01T10:30:00Z</updated>{''.join(entries)}</feed>"
    )


def drupal(told: list[Story]) -> str:
    """As Drupal, of many public bodies: a base, texts escaped, an author in `dc`."""
    text = _rss(
        f'xml:base="{SITE}/" {_DC} xmlns:foaf="http://xmlns.com/foaf/0.1/" '
        'xmlns:schema="http://schema.org/" xmlns:xsd="http://www.w3.org/2001/XMLSchema#"',
        "<language>en</language>",
        (
            f"<item>\n  <title>{escape(each.title)}</title>\n  <link>{each.link}</link>\n  "
            f"<description>{escape(f'<span>{escape(each.title)}</span>{each.body}')}</description>"
            f"\n  <pubDate>{each.at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>\n    <dc:creator>ed"
            f'</dc:creator>\n    <guid isPermaLink="false">{each.number} at {SITE}</guid>\n'
            f"<comments>{each.link}#comments</comments></item>"
            for each in told
        ),
    )
    return text.replace(' encoding="UTF-8"', ' encoding="utf-8"')


def ghost(told: list[Story]) -> str:
    """As Ghost: everything in CDATA, media beside the text."""
    return _rss(
        f"{_DC} {_CONTENT} {_SELF} {_MEDIA}",
        f'<generator>Ghost 5.8</generator><ttl>60</ttl><atom:link href="{SITE}/rss/" rel="self" '
        'type="application/rss+xml"/>',
        (
            f"<item><title>{_cdata(each.title)}</title><description>{_cdata(each.lead)}"
            f'</description><link>{each.link}/</link><guid isPermaLink="false">64f1'
            f"{each.number:020x}</guid><category>{_cdata('x')}</category><dc:creator>{_cdata('Jo')}</dc:creator>"
            f"<pubDate>{each.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
            f'<media:content url="{SITE}/c.jpg" medium="image"/>'
            f"<content:encoded>{_cdata(each.body)}</content:encoded></item>"
            for each in told
        ),
    )


def substack(told: list[Story]) -> str:
    """As Substack: podcasts' vocabulary, guids that are links."""
    return _rss(
        f'{_DC} {_CONTENT} {_SELF} xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:googleplay="http://www.google.com/schemas/play-podcasts/1.0"',
        "<copyright>Jo</copyright><itunes:owner><itunes:email>a@x.example</itunes:email>"
        "<itunes:name>Jo</itunes:name></itunes:owner><itunes:author>Jo</itunes:author>",
        (
            f"<item><title>{_cdata(each.title)}</title><description>{_cdata(each.lead)}"
            f'</description><link>{each.link}</link><guid isPermaLink="false">{each.link}</guid>'
            f"<dc:creator>Jo</dc:creator><pubDate>{each.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
            f'<enclosure url="{SITE}/a.mp3" length="0" type="audio/mpeg"/>'
            f"<content:encoded>{_cdata(each.body)}</content:encoded></item>"
            for each in told
        ),
    )


def medium(told: list[Story]) -> str:
    """As Medium: links that are tracked, no description."""
    return _rss(
        f'{_DC} {_CONTENT} {_SELF} xmlns:cc="http://cyber.law.harvard.edu/rss/'
        'creativeCommonsRssModule.html"',
        "<webMaster><![CDATA[yourfriends@medium.example]]></webMaster>",
        (
            f"<item><title>{_cdata(each.title)}</title><link>{each.link}?source=rss----1</link>"
            f'<guid isPermaLink="false">{SITE}/p/{each.number:x}</guid><category>{_cdata("ai")}'
            f"</category><dc:creator>{_cdata('Jo')}</dc:creator><pubDate>{_mail(each.at)}</pubDate>"
            f"<atom:updated>{_iso(each.at + timedelta(days=1))}</atom:updated>"
            f"<content:encoded>{_cdata(each.body)}</content:encoded></item>"
            for each in told
        ),
    )


def hugo(told: list[Story]) -> str:
    """As Hugo: short texts, escaped twice where they have entities."""
    return _rss(
        _SELF,
        f'<atom:link href="{SITE}/index.xml" rel="self" type="application/rss+xml" />',
        (
            f"<item>\n<title>{escape(each.title)}</title>\n<link>{each.link}/</link>\n<pubDate>"
            f"{each.at:%a, %d %b %Y %H:%M:%S} -0500</pubDate>\n<guid>{each.link}/</guid>\n"
            f"<description>{escape(escape(each.lead))}</description>\n</item>"
            for each in told
        ),
    )


def jekyll(told: list[Story]) -> str:
    """As Jekyll: Atom with a language, a base on each content, summaries."""
    entries = (
        f'<entry><title type="html">{escape(escape(each.title))}</title><link '
        f"href={quoteattr(each.link)} "
        f'rel="alternate" type="text/html" title={quoteattr(each.title)} /><published>'
        f"{each.at:%Y-%m-%dT%H:%M:%S+00:00}</published><updated>{each.at:%Y-%m-%dT%H:%M:%S+00:00}"
        f'</updated><id>{each.link}</id><content type="html" xml:base="{each.link}">'
        f'{_cdata(each.body)}</content><author><name>Jo</name></author><category term="x" />'
        f'<summary type="html">{_cdata(each.lead)}</summary></entry>'
        for each in told
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="{_ATOM}" xml:lang="en">'
        f'<generator uri="https://jekyllrb.com/" version="4.3">Jekyll</generator><link href="'
        f'{SITE}/feed.xml" rel="self" type="application/atom+xml" /><link href="{SITE}/" '
        f'rel="alternate" type="text/html" /><updated>2024-03-01T00:00:00+00:00</updated>'
        f'<id>{SITE}/feed.xml</id><title type="html">The Shopper</title>{"".join(entries)}</feed>'
    )


def youtube(told: list[Story]) -> str:
    """As YouTube: the text is in a group of media."""
    entries = (
        f"<entry><id>yt:video:{each.number}</id><yt:videoId>{each.number}</yt:videoId><title>"
        f'{escape(each.title)}</title><link rel="alternate" href="{SITE}/watch?v={each.number}"/>'
        f"<author><name>Jo</name><uri>{SITE}/c</uri></author><published>"
        f"{each.at:%Y-%m-%dT%H:%M:%S+00:00}</published><updated>{_iso(each.at)}</updated>"
        f"<media:group><media:title>{escape(each.title)}</media:title><media:content "
        f"url='{SITE}/v' type='application/x-shockwave-flash' width='640'/><media:thumbnail "
        f"url='{SITE}/t'/>"
        f"<media:description>{escape(each.lead)}</media:description><media:community>"
        f"<media:starRating count='1' average='5.00'/><media:statistics views='2'/>"
        f"</media:community></media:group></entry>"
        for each in told
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns:yt="http://www.youtube.com/xml/schemas/'
        f'2015" {_MEDIA} xmlns="{_ATOM}"><link rel="self" href="{SITE}/f"/><id>yt:channel:1</id>'
        f"<title>The Shopper</title>{''.join(entries)}</feed>"
    )


def rdf(told: list[Story]) -> str:
    """As arXiv did: RSS 1.0, with items after the channel and dates in `dc`."""
    heads = "".join(f'<rdf:li rdf:resource="{each.link}"/>' for each in told)
    items = (
        f'<item rdf:about="{each.link}"><title>{escape(each.title)}. (arXiv:1 [cs.CR])</title>'
        f'<link>{each.link}</link><description rdf:parseType="Literal">{escape(each.body)}'
        f"</description><dc:creator>{escape('<a href=x>Jo</a>')}</dc:creator>"
        f"<dc:date>{each.at:%Y-%m-%dT%H:%M}+01:00</dc:date></item>"
        for each in told
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rdf:RDF '
        'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'{_CONTENT} {_DC} xmlns:taxo="http://purl.org/rss/1.0/modules/taxonomy/"><channel '
        f'rdf:about="{SITE}/"><title>The Shopper</title><link>{SITE}/</link><items><rdf:Seq>{heads}'
        f"</rdf:Seq></items></channel>{''.join(items)}</rdf:RDF>"
    )


def office(told: list[Story]) -> str:
    """As the systems of public offices: RSS 0.92, tabs, American zones, no guids."""
    return _rss(
        "",
        "<skipHours><hour>1</hour><hour>24</hour></skipHours>"
        "<skipDays><day>Sunday</day></skipDays>",
        (
            f"\t<item>\r\n\t\t<title>  {escape(each.title)}\n </title>\r\n\t\t<link> {each.link}"
            f".aspx?id={each.number}&amp;lang=en \r\n</link>\r\n\t\t<!-- {each.number} -->"
            f"<description>{escape(each.lead)}"
            f"</description>\r\n\t\t<pubDate>{each.at:%a, %d %b %Y %H:%M:%S} EST"
            f"</pubDate>\r\n<source url='{SITE}/s.xml'>Office</source></item>"
            for each in told
        ),
        version="0.92",
    )


def xhtml(told: list[Story]) -> str:
    """Atom whose content is XHTML, as of static site makers of their own."""
    entries = (
        f"<a:entry><a:title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
        f"{escape(each.title)}</div></a:title><a:id>urn:uuid:{each.number}</a:id><a:link "
        f"href='{each.link}'/><a:updated>{_iso(each.at)}</a:updated><a:content type='xhtml'>"
        f"<div xmlns='http://www.w3.org/1999/xhtml'><p>{escape(each.lead)} <b>x</b><br/>y</p>"
        f"<script/><p>{escape(each.title)}</p></div></a:content></a:entry>"
        for each in told
    )
    return f"<a:feed xmlns:a='{_ATOM}'><a:title>S</a:title>{''.join(entries)}</a:feed>"


def oldest(told: list[Story]) -> str:
    """Atom 0.3, of 2004."""
    entries = (
        f"<entry><title mode='escaped' type='text/html'>{escape(each.title)}</title><id>tag:x,2004:"
        f"{each.number}</id><link rel='alternate' type='text/html' href='{each.link}'/>"
        f"<issued>{_iso(each.at)}</issued><modified>{_iso(each.at)}</modified><summary "
        f"type='text/plain'>{escape(each.lead)}</summary><content type='text/html' mode='escaped'>"
        f"{_cdata(each.body)}</content></entry>"
        for each in told
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?><feed version='0.3' "
        "xmlns='http://purl.org/atom/ns#'>"
        f"<title>S</title>{''.join(entries)}</feed>"
    )


SYSTEMS: dict[str, Callable[[list[Story]], str]] = {
    each.__name__: each
    for each in (
        wordpress, blogger, drupal, ghost, substack, medium, hugo, jekyll, youtube, rdf, office,
        xhtml, oldest,
    )
}  # fmt: skip

LANGUAGES = tuple(_WORDS)


def broken(text: str, how: int) -> str:
    """Break a feed in one of the ways that feeds are broken in."""
    middle = text.rindex("</", 0, text.rindex("title>"))
    ways = (
        text[: len(text) * 3 // 4],
        f"{text[:middle]} R & D{text[middle:]}",
        f"{text[:middle]} caf&eacute;&nbsp;{text[middle:]}",
        f"Warning: Undefined index in /srv/x.php\n{text}",
        f"{text[:middle]}\x0b{text[middle:]}",
        f"{text[:middle]}<b>x{text[middle:]}",
    )
    return ways[how % len(ways)]
