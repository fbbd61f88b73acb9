"""Addresses in one spelling, so that two that lead to the same page are equal."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import SplitResult, quote, urlsplit

LONGEST_ADDRESS = 4_096
"""Characters. A longer address keeps its own spelling and counts as no link."""

# Parameters that say who clicked and never what is shown. Collected from the vendors' own
# documents: Google, Meta, Microsoft, X, LinkedIn, TikTok, Yandex, Mailchimp, HubSpot, Matomo.
_TRACKING = frozenset(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid li_fat_id "  # noqa: SIM905 - sixty lines shorter
    "srsltid _ga _gl _openstat mkt_tok oly_enc_id oly_anon_id vero_id wickedid wt_zmc at_medium "
    "at_campaign xtor guccounter guce_referrer guce_referrer_sig ref_src sc_cid trkcampaign "
    "__twitter_impression".split()
)
_TRACKING_PREFIXES = ("utm_", "mc_", "hsa_", "_hs", "mtm_", "pk_", "piwik_", "matomo_")
# What only a comparison may leave out: a publisher may give these a meaning, so an address that is
# to be opened or to serve as an entry's identity keeps them.
_CAMPAIGNS = frozenset(
    "cmpid ito smid smtyp ncid ocid icid igsh fb_action_ids fb_action_types fb_ref fb_source "  # noqa: SIM905 - thirty lines shorter
    "ref_url itm_source itm_medium itm_campaign itm_content campaign_source campaign_medium "
    "campaign_name campaign_term campaign_content ns_mchannel ns_source ns_campaign ns_linkname "
    "ns_fee _bhlid _branch_match_id _branch_referrer outputtype sharetype amp at_custom1 "
    "at_custom2 at_custom3 at_custom4".split()
)
_REFERRERS = frozenset({"ref", "referrer", "referer"})
_ORIGINS = frozenset({"source", "src", "via", "from", "feed", "output", "partner"})
_CHANNELS = frozenset(
    "rss rss2 atom feed feeds rssfeed twitter tw x facebook fb linkedin reddit telegram whatsapp "  # noqa: SIM905 - twenty lines shorter
    "email mail e-mail newsletter nl share social sharebutton push app mobile amp home homepage "
    "google googlenews flipboard applenews".split()
)
_OF_SITES: Mapping[str, frozenset[str]] = {
    "x.com": frozenset({"s", "t"}),
    "twitter.com": frozenset({"s", "t"}),
    "youtu.be": frozenset({"si", "feature"}),
    "youtube.com": frozenset({"si", "feature", "ab_channel"}),
}
_VARIANTS = frozenset({"www", "m", "mobile", "amp"})
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]*:[0-9a-f:.]*")
# An address as most are, of which only the head and a trailing slash have to be looked at.
_PLAIN = re.compile(
    r"https?://([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(:(?!0|80\b|443\b)\d{2,4})?(/[A-Za-z0-9_.~!$&'()*+,/:;=@-]*)?"
)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*,:;@")

_LINK = re.compile(
    r"<(?P<marked>https?://[^\s<>|]+)(?:\|[^<>]*)?>"
    r"|(?P<bare>https?://(?:(?!\]\()[^\s<>|\"`\\。，、；！？「」『』【】《》〈〉“”«»])+)",
    re.IGNORECASE,
)
_TRAILING = frozenset(".,;:!?'*_~…’‘")
_BRACKETS: Mapping[str, str] = {")": "(", "]": "[", "}": "{", "）": "（"}
_CREDENTIALS = re.compile(r"//[^/?#\s]*@")
_SECRET = re.compile(
    r"([?&;](?:[^=&;#\s]*(?:token|secret|passw|api_?key|auth(?!or)|signature)[^=&;#\s]*|key|sig|pw)=)"
    r"[^&;#\s]+",
    re.IGNORECASE,
)


def redact(url: str) -> str:
    """Give an address fit for messages and logs: without credentials and secret parameters."""
    return _SECRET.sub(r"\1...", _CREDENTIALS.sub("//", url))


def tracks(parameter: str) -> bool:
    """Whether a query parameter (`name` or `name=value`) only says who clicked, on any site."""
    name = parameter.split("=", 1)[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def links(text: str) -> tuple[str, ...]:
    """Give the canonical addresses of the web links in a chat text, in order, each once.

    Reads bare addresses, Markdown, and Slack's `<url|label>`, whose label is not looked at.
    """
    found = (
        canonical((each["marked"] or _bare(each["bare"])).replace("&amp;", "&"))
        for each in _LINK.finditer(text)
    )
    return tuple(dict.fromkeys(url for url in found if url is not None))


def _bare(candidate: str) -> str:
    """Cut off the punctuation of the sentence around it, and brackets that close another's."""
    end = len(candidate)
    surplus = {
        closing: candidate.count(closing) - candidate.count(opening)
        for closing, opening in _BRACKETS.items()
    }
    while end:
        last = candidate[end - 1]
        if last in _TRAILING:
            end -= 1
        elif surplus.get(last, 0) > 0:
            surplus[last] -= 1
            end -= 1
        else:
            break
    return candidate[:end]


def canonical(url: str) -> str | None:
    """Give the one spelling that all spellings of a web address have for comparison.

    Not meant to be opened: it is https, without `www.`, a trailing slash, tracking parameters or a
    fragment; only one that is a route within a page (`#!/a`, `#/a`) stays. Doing it twice changes
    nothing more. None for what is no web address, or too long a one.
    """
    url = url.strip()
    if len(url) > LONGEST_ADDRESS:
        return None
    plainly = _PLAIN.fullmatch(url)
    if plainly and "amp" not in (path := plainly[3] or ""):
        return f"https://{_known_as(plainly[1])}{plainly[2] or ''}{path.rstrip('/')}"
    try:
        parts = urlsplit(url)
        host = _host(parts)
    except ValueError:
        return None
    if host is None:
        return None
    query = sorted(_kept(parts.query, host), key=lambda each: each.split("=", 1)[0])
    fragment = f"#{_spelled(parts.fragment)}" if parts.fragment.startswith(("!", "/")) else ""
    asked = "?" + "&".join(query) if query else ""
    return f"https://{host}{_path(parts.path)}{asked}{fragment}"


def _host(parts: SplitResult) -> str | None:
    """Give the host in ASCII and the port where it is not the usual one; raise ValueError."""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = parts.hostname.rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode()  # UnicodeError is a ValueError
    if not _HOST.fullmatch(host):
        return None
    host = _known_as(host)
    named = f"[{host}]" if ":" in host else host
    return named if parts.port in {None, 80, 443} else f"{named}:{parts.port}"


def _known_as(host: str) -> str:
    """Leave out what names a variant of a site: `www.`, `m.`."""
    first, _, rest = host.partition(".")
    while first in _VARIANTS and "." in rest:
        host = rest
        first, _, rest = host.partition(".")
    return host


def _path(path: str) -> str:
    path = _spelled(path).rstrip("/")
    while True:
        if path.endswith(("/amp", ".amp")) and path[:-4].strip("/"):
            path = path[:-4].rstrip("/")
        elif path.endswith(".amp.html"):
            path = path.removesuffix(".amp.html") + ".html"
        else:
            return path


def _kept(query: str, host: str) -> Iterator[str]:
    for raw in query.split("&"):
        parameter = _spelled(raw.replace("+", "%20"))
        name, _, value = parameter.lower().partition("=")
        if not parameter or tracks(parameter) or name in _CAMPAIGNS:
            continue
        # A number behind `ref` may be that of a case or a tender.
        if name in _REFERRERS and not any(ch.isdigit() for ch in value):
            continue
        if (name in _ORIGINS and value in _CHANNELS) or name in _OF_SITES.get(host, ()):
            continue
        yield parameter


def _spelled(text: str) -> str:
    """Escape what must be escaped in an address, in capitals, and nothing that need not be."""

    def escape(found: re.Match[str]) -> str:
        if found[1] is None:
            return "%25"
        character = chr(int(found[1], 16))
        return character if character in _SAFE else found.group().upper()

    # Surrogates that stand alone are escaped as well, for want of anything better.
    return quote(_ESCAPE.sub(escape, text), safe="!$%&'()*+,/:;=?@", errors="surrogatepass")
