"""Pages that stand before an article: to pay, to consent, or to show that one is a person."""

import re
from collections.abc import Iterable
from itertools import islice

from bot.feeds.extraction.article import Note
from bot.feeds.extraction.boilerplate import words

_LONGEST = 300
"""Characters of a line that can say so; an article may well be about paywalls."""

_MOST_LINES = 600
_START = 150
"""Words of an article that may be only its start."""

_NOTHING = 60
"""Words of a page that may be nothing but a wall."""

_PAY = re.compile(
    r"(?:subscribe|sign in|log ?in|register|become a (?:member|subscriber)|start your .{0,20}trial)"
    r"(?: now| today| here)?,? (?:to|and) (?:continue|keep|read|unlock|access|finish)|"
    r"(?:this|the) (?:article|content|story|post|report|page) is (?:\w+ )?(?:for|available to|"
    r"reserved "
    r"for|exclusive to|only for|locked|behind)\b.{0,30}(?:subscriber|member|paid|paywall|customer)|"
    r"(?:already|not) (?:a|yet a) (?:subscriber|member)\?|for (?:paid|paying) subscribers|"
    r"(?:subscribers?|members?)[- ]only|(?:continue|keep) reading with a|you have (?:reached|"
    r"read) your|"
    r"(?:exklusiv|nur) (?:für|mit) (?:\w+[- ])?(?:abonnent|abo\b|plus)|weiterlesen mit|"
    r"jetzt weiterlesen|"
    r"mit (?:\w+)?\+? (?:weiterlesen|alles lesen)|(?:réservé|reserve)e?s? (?:à nos |aux )abonné|"
    r"il vous reste .{1,12} (?:de cet|à lire)|pour lire la suite|abonnez-vous pour|"
    r"(?:contenido|art[íi]culo|contenuto|conteúdo) (?:exclusivo|para|solo|riservato|esclusivo)|"
    r"(?:para|per) (?:seguir|continuar|continuare) (?:leyendo|lendo|a leggere)|"
    r"(?:доступ\w*|читать|только) .{0,30}по подписке|(?:для|только) .{0,10}подписчик\w*|"
    r"оформите подписку|"
    r"(?:订阅|訂閱|付费|付費|登录|登錄|登入)(?:后|後|以|即可)?.{0,6}(?:阅读|閱讀|全文|解锁|解鎖)|"
    r"(?:会员|會員|付费|付費)(?:专享|專享|专属|專屬|限定|可读|可讀)|会員限定|有料(?:会員|記事)|残り.{0,8}文字|"
    r"구독(?:자|하고|하시면)|للمشتركين|اشترك ل",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"we (?:value|care about|respect) your privacy|before you continue|(?:accept|allow) (?:all )?"
    r"(?:cookies|and continue|all and)|(?:we|our)\b.{0,40}\d* ?(?:partners|vendors).{0,60}(?:store|"
    r"access|"
    r"cookies|process|data)|(?:use|uses|using|of) cookies|cookie (?:settings|policy|consent|"
    r"preferences)|"
    r"manage (?:my |your )?(?:consent|choices|preferences|options)|bevor (?:sie|"
    r"du) .{0,40}(?:weiter|fort)|"
    r"(?:verwenden|nutzen|setzen|einsatz von) .{0,30}cookies|mit werbung (?:weiter)?lesen|"
    r"zustimm\w+ und weiter|(?:alle(?:s)? )?akzeptieren|accepter (?:et|tout|les cookies)|"
    r"continuer sans accepter|utilis\w+ des cookies|(?:aceptar|acepto) .{0,20}(?:cookies|todo|"
    r"continuar)|"
    r"(?:utilizamos|usamos|utilizza\w*|usiamo) .{0,20}cookies?|accett\w+ (?:e|tutti)|"
    r"(?:zgadzam|akceptuj)\w* .{0,30}|(?:используем|файлы) .{0,20}(?:cookie|куки)|"
    r"(?:使用|接受).{0,8}(?:cookie|甜饼)",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"just a moment|attention required|(?:verify|verifying|confirm|check|checking|prove|"
    r"make sure)(?: that)? "
    r"(?:you(?:'re| are)?|your browser|if you are|the site connection)\b.{0,40}|"
    r"are you (?:a )?(?:robot|"
    r"human)|enable javascript and cookies|(?:please )?(?:enable|turn on|activate) javascript|"
    r"access "
    r"(?:to this page has been )?denied|ddos[- ](?:guard|protection)|unusual (?:traffic|activity)|"
    r"javascript (?:is (?:required|disabled)|muss|aktivieren)|пройдите проверку|вы не робот|"
    r"включите javascript|(?:安全|人机)验证|请(?:开启|启用) ?javascript",
    re.IGNORECASE,
)


def find_note(title: str, text: str, aside: Iterable[str], *, free: bool) -> Note:
    """Say what stands before an article, from its page's words; `free` is the page's own data.

    A page that has its whole article has no wall, whatever it offers beside.
    """
    length = words(text)
    if length >= _START:
        return Note.NONE if free else Note.PAYWALL
    every = (line for line in (title, *text.splitlines(), *aside) if len(line) <= _LONGEST)
    lines = list(islice(every, _MOST_LINES))
    if length < _NOTHING and _says(_CHALLENGE, lines):
        return Note.CHALLENGE
    if not free or _says(_PAY, lines):
        return Note.PAYWALL
    if length < _NOTHING and _consents(lines, text):
        return Note.CONSENT
    return Note.NONE


def _says(wall: re.Pattern[str], lines: list[str]) -> bool:
    return any(wall.search(line) for line in lines)


def _consents(lines: list[str], text: str) -> bool:
    """Whether two lines speak of consent, and the text itself, if there is one, is about that."""
    asked = sum(_CONSENT.search(line) is not None for line in lines)
    return asked >= 2 and (words(text) < 20 or _CONSENT.search(text) is not None)
