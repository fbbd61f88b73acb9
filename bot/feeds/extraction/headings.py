"""The words that news sites print over and around their articles, by language.

One expression a line, matched against a whole line of text without regard to case, so that a
sentence which contains the words is never taken for a heading. Lines that start with # are notes.
"""

import re

_NEWS = (
    "(news|stories|story|articles?|posts?|headlines|reading|coverage|topics|videos?|links)"
    "( (stories|articles|news|for you|this week|today))?"
)
_OTHER = (
    "(latest|recent|newest|top|other|more|trending|breaking|today'?s|related|similar|recommended|"
    "popular|featured|suggested|sponsored|promoted|further)"
)

# What follows one of these is never the article: comments, tags, the author, the way onwards.
_ENDS = r"""
(article |related |hot |popular )?(topics|tags|keywords)( in this (article|story))?
(leave|write|post|add) (a |your )?(reply|comment|response)s?( below)?
(\d+ )?(comments?|replies|responses|reader comments?)( \(?\d+\)?)?
(view|show|read|see|join|all)( all)?( the)? (\d+ )?(comments|conversation|discussion)
(\d+ )?thoughts? on .{1,60}|discussion( about this (post|article|story))?|what do you think
comments are closed
about the authors?|author archive|(post|article|story) navigation
# German
(\d+ )?kommentare?( \(?\d+\)?)?|kommentar (schreiben|verfassen|hinterlassen)|schlagw[öo]rte?r?
# French
(\d+ )?commentaires?( \(?\d+\)?)?|laisser un commentaire|mots[- ]clés
# Spanish, Portuguese, Italian
(\d+ )?(comentarios?|coment[áa]rios?|commenti)( \(?\d+\)?)?|etiquetas
deja (un comentario|una respuesta)
# Dutch, Polish, Turkish
reacties|komentarze|tagi|(\d+ )?yorum(lar)?|etiketler
# Russian, Ukrainian, Serbian, Croatian
(\d+ )?(комментари[ийея]+|коментарі)( \(?\d+\)?)?|оставить комментарий|теги
komentari|коментари
# Arabic, Persian
(ال)?تعليقات|نظرات
# Chinese, Japanese, Korean
(网友|網友|读者|讀者)?(评论|評論|留言)(区|區|仅供.{2,4}|僅供.{2,4})?|(发表|發表)(评论|評論)
标签|標籤|关键词|關鍵詞|友情链接|友情連結|コメント|タグ|댓글|태그
"""

# Other news: the article is over, unless it clearly goes on after a box in its middle.
_SECTIONS = r"""
(the )?{other}( [\w&'-]+){0,4}? {news}
(related|similar|sponsored|recommended|promoted|popular) (content|pages|items|reports)
related|latest|trending( now)?|popular( now)?|recommended( for you| reading)?
(most|best|top)[ -](read|popular|viewed|shared|commented|watched|discussed|clicked)( .{1,30})?
featured (company|companies|products?|jobs?|events?)
you (may|might)( also| be)+ (like|enjoy|interested in|have missed)( .{1,20})?
more (from|by|like) .{1,40}|more on this( \w+)?
(also|elsewhere) (on|in|from|by) (this|the|our) (site|blog|section|author|web)
(up|read|what to read|watch) next|in other news|don'?t miss|in case you missed it
(from )?around the (web|internet)|editor'?s'? (picks?|choice)
(previous|next|newer|older) (post|article|story)s?
# German
(mehr|weiteres?) (zum thema|von .{1,30}|aus .{1,30}|artikel|nachrichten|meldungen)
(das|dies) könnte (sie|dich|ihnen|euch)( auch)? (interessieren|gefallen)|auch interessant
meist ?(gelesene?|gesehene?|kommentierte?)( .{1,30})?|am meisten gelesen
(ähnliche|verwandte|weitere|neueste|aktuelle|beliebte|empfohlene) (artikel|beiträge|themen|inhalte)
(weitere|neueste|aktuelle) (meldungen|nachrichten)
themen|stichworte|zum thema|topthemen
# French
(sur|dans) (le|la) même (sujet|thème|rubrique)|à découvrir|vous (aimerez|pourriez) aussi.{0,20}
(articles?|contenus?|sujets?) (liés?|similaires?|récents?|connexes?|associés?|recommandés?)
(les )?(plus|articles les plus) (lus?|lues|populaires|commentés)
dernières (actualités|nouvelles|infos)
# Spanish, Portuguese, Italian
(lo )?m[áa]s (le[íi]d[oa]s?|vist[oa]s?|popular(es)?|noticias)|[úu]ltimas noticias|temas
(noticias|art[íi]culos|temas|contenidos?) (relacionad[oa]s|recientes|similares)
(tambi[ée]n )?(te|le) (puede|podr[íi]a)( tambi[ée]n)? interesar
(as )?mais (lidas?|lidos|vistas?)|not[íi]cias relacionadas|[úu]ltimas not[íi]cias
(articoli|notizie) (correlat[ie]|recenti|simili)|(i )?più (letti|lette)|ultime notizie
potrebbe(ro)? interessart[ie]( anche)?
# Dutch, Polish, Turkish
meest (gelezen|bekeken)|gerelateerde? .{1,20}|laatste nieuws
najcz[ęe][śs]ciej czytane|powi[ąa]zane( .{1,20})?|najnowsze .{1,20}
ilgili (haberler|yazılar)|en çok okunan(lar)?|son (haberler|dakika)
# Russian, Ukrainian, Serbian, Croatian
(по теме|похожие|другие|последние|свежие|популярные|главные) ?(статьи|новости|материалы|публикации)?
самое (читаемое|популярное|обсуждаемое)|популярное|ещё по теме
популярне|останні новини|схожі (новини|статті)
naj[čc]itanij[ea]|povezan[ei] (vesti|vijesti|članci|clanci)|najnovij[ea] (vesti|vijesti)
најчитаније|повезане вести|најновије вести
# Arabic, Persian
الأكثر (قراءة|مشاهدة)|(مواضيع|أخبار|مقالات) ذات صلة|آخر الأخبار|پربازدیدترین|مطالب مرتبط
# Chinese, Japanese, Korean
(相关|相關|热门|熱門|最新|更多|推荐|推薦|延伸|精选|精選|猜你喜欢|猜你喜歡)(阅读|閱讀|新闻|新聞|文章|报道|報導|資訊|资讯|推荐|推薦|消息|内容|內容|话题|話題|主题|主題|排行)?
(阅读|閱讀)?排行榜?|编辑推荐|編輯推薦|大家都在看
(関連|人気|おすすめ|最新|新着|注目)の?(記事|ニュース)?|あわせて読みたい|(アクセス)?ランキング
(관련|인기|추천|최신|많이 본) ?(기사|뉴스)
"""

# Adverts and links in the middle of an article, which goes on after them.
_ASIDES = r"""
(skip )?(advertisements?|ads?)|sponsored( (content|post|by .{1,40}))?|promoted( content| post)?
paid (content|post|promotion|partnership)( .{1,40})?|partner content|advertorial
(presented|brought to you) by .{1,40}|in partnership with .{1,40}|story continues below( .{1,20})?
share this( .{1,30})?|(sign up|subscribe)( .{1,60})?|(our )?newsletters?|follow us( .{1,30})?
(read|see|watch|listen)( more| also| now)?|also read
anzeige|werbung|newsletter abonnieren|lesen sie (auch|mehr)
publicité|(à )?lire aussi|voir aussi|publicidad|lee? también|ver también
publicidade|leia (também|mais)|veja também|pubblicità|leggi anche
advertentie|lees ook|reklama?|czytaj (także|też|również)|zobacz (także|też)
реклама|читайте (также|також)|pro[čc]itajte (još|i)
إعلان|اقرأ أيض(ا|اً|ًا)|广告|廣告|広告|광고
"""

# Labels of lines that are dropped alone: the label, a colon or bar, and what it is about.
_LABELS = r"""
(article )?(topics?|tags?|tagged( with| as)?|filed under|categor(y|ies)|keywords?|labels?)
posted in|related( \w{4,9})?|watch|(read|see)( more| also| next)|also read|most read|trending
more (on this|from .{1,30}|by .{1,30})|also (by|on|in|from) .{1,30}|sponsored|advertisement
schlagw[öo]rte?r?|themen|stichworte|anzeige|lesen sie auch|mots[- ]clés|(à )?lire aussi
etiquetas|temas|lee? también|leia também|leggi anche|lees ook|tagi
теги|читайте (также|також)|по теме
友情链接|友情連結|标签|標籤|关键词|關鍵詞|相关阅读|相关新闻|相關閱讀|相關新聞|延伸阅读|延伸閱讀
推荐阅读|推薦閱讀|编辑推荐|編輯推薦|热门|熱門|タグ|関連記事|태그|관련 ?기사
"""

# Sentences that ask for an address, wherever they stand in a short line.
_CALL = re.compile(
    r"(?:^|[.!?:,] )(?:Subscribe|Sign up|Join|Get|Receive)\b[^.!?]{0,80}?\b(?:newsletters?|inbox|"
    r"mailing list|"
    r"letters?|e?mails?|alerts|briefing|updates|for free)\b|(?:^|[.!?] )(?:Abonnieren Sie|"
    r"Inscrivez-vous à|"
    r"Abonnez-vous|Suscríb[ae]\w*|Assine|Iscriviti|Подпи(?:шитесь|сывайтесь) на|Підпи(?:шіться|"
    r"суйтесь) на)\b|"
    r"(?:关注|關注|订阅|訂閱)(?:我们|我們|本报|本報)?的?(?:微信|公众号|公眾號|电子报|電子報)"
)

# What one of the last two has to contain: most lines have none of it, which is seen far sooner.
_CALLING = (
    "Subscribe", "Sign up", "Join", "Get", "Receive", "Abonn", "Inscrivez", "Suscr", "Assine",
    "Iscriviti", "Подпи", "Підпи", "关注", "關注", "订阅", "訂閱",
)  # fmt: skip
_CREDITING = (
    "the post", "thank", "copyright", "©", "(c)", "reserv", "vorbehalten", "réserv", "riservati",
    "защищены", "zastrzeżone", "محفوظة", "所有",
)  # fmt: skip

_LONGEST = 80
_FRAME = " \t\u00a0:：-–—|•·»«›‹>#*_=~…()[]【】▼▶→"


def _any(expressions: str) -> str:
    filled = expressions.replace("{other}", _OTHER).replace("{news}", _NEWS)
    rows = filter(None, map(str.strip, filled.splitlines()))
    return "|".join(f"(?:{row})" for row in rows if not row.startswith("#"))


_END = re.compile(_any(_ENDS), re.IGNORECASE)
_SECTION = re.compile(_any(_SECTIONS), re.IGNORECASE)
_ASIDE = re.compile(_any(_ASIDES), re.IGNORECASE)
_LABEL = re.compile(rf"(?:{_any(_LABELS)})\s*[:：|]\s*\S", re.IGNORECASE)
# Lines of the site's own: what WordPress adds to every entry of a feed, thanks of newsletters, and
# whose the rights are.
_CREDIT = re.compile(
    r"the post .+ (?:first appeared|appeared first) on .+|"
    r"(?:thanks|thank you) for (?:reading|subscribing).{0,60}\b(?:subscribe|sign up|"
    r"share)\b.{0,80}|"
    r"(?:copyright )?(?:©|\(c\)) ?.{2,200}|copyright \d{4}.{0,200}|"
    r".{0,120}(?:all rights reserved|alle rechte vorbehalten|tous droits réservés|版[权權]所有|"
    r"(?:todos los|todos os) (?:derechos|direitos) reservados|tutti i diritti riservati|"
    r"все права защищены|wszelkie prawa zastrzeżone|جميع الحقوق محفوظة|保留所有[权權]利).{0,120}",
    re.IGNORECASE,
)


def is_end(line: str) -> bool:
    """Whether a line is the heading of comments, tags or the like, after which nothing counts."""
    return _is(_END, line)


def is_section(line: str) -> bool:
    """Whether a line is the heading of a section that follows an article, comments included."""
    return _is(_SECTION, line) or _is(_END, line)


def is_aside(line: str) -> bool:
    """Whether a line announces an advert or a link in the middle of an article."""
    return _is(_ASIDE, line)


def is_label(line: str) -> bool:
    """Whether a line is tags or a pointer to other news, labelled as such, or the site's own."""
    if any(word in line for word in _CALLING) and _CALL.search(line):
        return True
    small = line.lower()
    if any(word in small for word in _CREDITING) and _CREDIT.fullmatch(line):
        return True
    return _LABEL.match(line) is not None


def _is(heading: re.Pattern[str], line: str) -> bool:
    return len(line) <= _LONGEST and heading.fullmatch(line.strip(_FRAME)) is not None
