"""Bytes of pages to text: marked, declared once or twice, declared wrongly, or not at all."""

import codecs
import re
from itertools import islice

_HEAD = 4_096
_SAMPLE = 32_768
"""Bytes by which a decoding is judged, from the first one beyond ASCII."""

_RUNS = 400
"""Runs of characters beyond ASCII that are looked at, and how many characters of each."""

_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{3,30})|"
    rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w-]{3,30})",
    re.IGNORECASE,
)
# Codecs of the web. Others of Python's are no text encodings or are slow on purpose-made input.
_WEB_CODEC = re.compile(
    r"utf-?(?:8|16(?:-?[bl]e)?)|us-ascii|ascii|latin-?1|iso-?8859-?\d+|windows-?\d+|cp\d+|koi8-[ru]|"
    r"gb2312|gbk|gb18030|big5(?:-?hkscs)?|shift[-_]jis|sjis|euc-(?:jp|kr)|mac-?\w+|tis-620|"
    r"iso-2022-jp",
    re.IGNORECASE,
)
# Browsers read the smaller sets as the larger ones that pages have in truth; so the standard wants
# it (https://encoding.spec.whatwg.org/#names-and-labels).
_READ_AS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_GUESSES = (
    "cp1252", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1251", "koi8-r", "cp1250",
    "cp1254", "cp1253", "cp1256", "cp1255",
)  # fmt: skip
_BELIEVED = 0.35
"""Share of usual characters from which a declared encoding is taken without a look at others."""

# The characters that make up most of a usual text; what is decoded wrongly hardly has any of them.
_LATIN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýßœšžąćęłńśźżčďěňřťůőűğışţșăđÀÁÄÅÇÉÈÊÖÓØÜÚŚŠŽČŁŻİÑ")
_MARKS = frozenset("“”‘’„‚«»–—…•·©®™°§€£\u00a0，。、：；！？《》「」『』（）【】\u3000")
_OTHERS = frozenset(
    "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэёіїєґђјљњћџў"
    "αάεέηήιίοόυύωώβγδζθκλμνξπρστφχψς"
    "ابةتثجحخدذرزسشصضطظعغفقكلمنهويىأإآءئؤپچگک"
    "אבגדהוזחטיכלמנסעפצקרשתםןףץך"
    "กขคงจชซญดตถทธนบปผพฟภมยรลวศษสหอะาำเแโใไ่้์ัิีึืุู"
    "的一是不了在人有我他这這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于着下自之"
    "年过過发發后後作里用道行所然家种種事成方多经經么麼去法学學如都同现現当當没動动面起看定天分还還进進好小部其些"
    "主样樣理心她本前开開但因只从從想实實日军者意无無力它与與长長把机機十民第公此已工使情明性知全三又关關点點正业業"
    "外将將两兩高间間由问問很最重并並物手应應战戰向头頭文体體政美相见見被利什二等产產或新己制身果加西斯月话話合回特代"
    "内內信表化老给給世位次度门門任常先海通教儿原东東声聲提立及比员員解水名真论論处處走义義各入几幾口认認条條平系"
    "气氣题題活尔更别別打女变變四神总總何电電数數安少报報才结結反受目太量再感建务務做接必场場件计計管期市直德资資命"
    "이다는의에을를가은로고하한지사기도대인어리자서해들시정부일과나오스수보라전제주"
)


def decode(body: bytes, charset: str | None = None) -> str:
    """Decode a page; `charset` is the server's word.

    By its byte order mark; as UTF-8, where it is that but for a few bytes; as declared, unless the
    outcome is no text in any script and another encoding's is; at last as Windows-1252.
    """
    sixteen = _utf16(body)
    if sixteen:
        return body.decode(sixteen, "replace")
    named = _named(body, charset)
    if "iso2022_jp" in named and b"\x1b$" in body:
        return body.decode("iso2022_jp", "replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("utf-8-sig", "replace")
    bad = text.count("\ufffd")
    if 20 * bad <= sum(map(len, re.findall(r"[^\x00-\x7f]+", text))) - bad:
        return text
    return _most_usual(body, [each for each in named if each not in {"utf-8", "iso2022_jp"}])


def _utf16(body: bytes) -> str:
    """Give the codec of UTF-16, marked or shown by the zeros beside markup; else nothing."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = body[:64]
    if b"<\x00" in start[:8] and start[1::2].count(0) * 2 > len(start[1::2]):
        return "utf-16-le"
    if b"\x00<" in start[:8] and start[::2].count(0) * 2 > len(start[::2]):
        return "utf-16-be"
    return ""


def _named(body: bytes, charset: str | None) -> list[str]:
    """Give the codecs that the server and the page itself name, in this order, without doubles."""
    inside = (a or b for a, b in _DECLARED.findall(body[:_HEAD]))
    names = [charset or "", *(each.decode() for each in inside)]
    return list(dict.fromkeys(filter(None, map(_codec, names))))


def _codec(name: str) -> str:
    if _WEB_CODEC.fullmatch(name) is None:
        return ""
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return ""
    # A page in UTF-16 without a mark could not have been read as far as its own declaration.
    return "" if known.startswith("utf-16") else _READ_AS.get(known, known)


def _most_usual(body: bytes, named: list[str]) -> str:
    start = re.search(rb"[\x80-\xff]", body)
    sample = body[start.start() :][:_SAMPLE] if start else b""
    best, chosen = -1.0, ""
    for codec in dict.fromkeys((*named, *_GUESSES)):
        usual = _usual(sample.decode(codec, "replace"))
        if usual > best:
            best, chosen = usual, codec
        if codec in named and usual >= _BELIEVED:
            chosen = codec
            break
    return body.decode(chosen, "replace")


def _usual(text: str) -> float:
    """Give the share of usual characters among those beyond ASCII.

    Accents stand alone between plain letters, other scripts never do.
    """
    count = usual = 0
    for run in islice(re.finditer(r"(\w?)([^\x00-\x7f]+)(\w?)", text), _RUNS):
        before, found, after = run[1], run[2][:_RUNS], run[3]
        mixed = (before + after).isascii() and (before + after).strip("0123456789_")
        count += len(found)
        if mixed or len(found) <= 2:
            usual += sum(each in _LATIN or each in _MARKS for each in found) * (len(found) <= 3)
        if not mixed:
            usual += sum(each in _OTHERS or each in _MARKS or _is_kana(each) for each in found)
    return usual / count if count else 0.0


def _is_kana(character: str) -> bool:
    return "\u3041" <= character <= "\u30ff"
