"""Pages 9 to 16: forms of the press, and news in Chinese and Russian."""

from tests.feeds.layouts.page import Page, links, nav, page, paragraphs
from tests.feeds.layouts.words import Writer


def adverts(w: Writer) -> Page:
    """Give a page: adverts between the paragraphs, some only called so by a small word above."""
    title, story = w.title(), w.story(7, 10)
    pieces = (
        f"<div class='adunit-300'><span>Advertisement</span><p>{w.about(w.other('ad'))}</p></div>",
        f"<p>ADVERTISEMENT</p><p>{w.other('ad')}: lamps for every quay</p>",
        (
            f"<div class='sponsored-box'><h4>Sponsored by {w.other('ad')}</h4>"
            f"<p>{w.paragraph()}</p>"
            f"</div>"
        ),
        f"<ins class='adsbygoogle'><a href='https://buy.example'>{w.other('ad')} lamps</a></ins>",
        (
            f"<div data-ad='1'><div>Paid content</div><a href='https://buy.example/2'>"
            f"{w.headline('ad')}</a><p>{w.sentence()}</p></div>"
        ),
        (
            f"<div id='newsletter-signup'><h3>Never miss a story</h3><p>Get the "
            f"{w.other('newsletter')} "
            "letter in your inbox each morning. <a href='/nl'>Sign up</a></p><input></div>"
        ),
    )
    mixed = "".join(f"<p>{a}</p>{b}" for a, b in zip(story, pieces, strict=False))
    return page(
        w,
        title,
        f"<article><h1>{title}</h1>{mixed}{paragraphs(story[len(pieces) :])}</article>",
    )


def live_blog(w: Writer) -> Page:
    """Give a page: many short entries under times, newest first; a list of other news beside."""
    title = w.title()
    entries = "".join(
        f"<section class='update' id='u{n}'><time>1{9 - n}:0{n}</time><h2>{w.sentence()[:-1]}</h2>"
        f"<p>{w.paragraph(w.firm(), 1, 2)}</p></section>"
        for n in range(6)
    )
    points = "".join(f"<li>{w.sentence()}</li>" for _ in range(3))
    return page(
        w,
        title,
        f"<nav>{links(nav(w))}</nav><main><h1>{title}</h1><p>{w.paragraph(w.firm())}</p>"
        f"<h3>Key points</h3><ul>{points}</ul>{entries}</main><aside><h2>Most viewed</h2>"
        f"<ol>{links([w.headline('most viewed') for _ in range(5)])}</ol></aside>",
        attributes="class='live'",
    )


def listicle(w: Writer) -> Page:
    """Give a page: seven numbered things, each a heading, a picture and a few words."""
    title = w.title()
    things = "".join(
        f"<h2>{n}. {w.firm()}</h2><figure><img src='{n}.jpg' alt='A lamp'><figcaption>A lamp at "
        f"the quay."
        f"</figcaption></figure><p>{w.paragraph('', 1, 2)}</p>"
        for n in range(1, 8)
    )
    picks = "".join(
        f"<li><a href='/g{n}'><img alt='{w.other('alt')}'>{w.headline('more lists')}</a></li>"
        for n in range(6)
    )
    return page(
        w,
        title,
        f"<div class='page'><h1>{title}</h1><p>{w.paragraph()}</p>{things}<p>{w.sentence()}</p>"
        f"<div class='more-lists'><h2>More lists like this</h2><ul>{picks}</ul></div></div>",
    )


def interview(w: Writer) -> Page:
    """Give a page: questions in bold and answers, then a box about who asked."""
    title = w.title()
    talk = "".join(
        f"<p><strong>{w.sentence()[:-1]}?</strong></p><p>"
        f"{w.paragraph(w.firm() if n % 2 else '')}</p>"
        for n in range(6)
    )
    last = w.about(w.firm())
    return page(
        w,
        title,
        f"<div class='masthead'>{links(nav(w), 'span')}</div><div class='content'><h1>{title}</h1>"
        f"<p><em>{w.paragraph(w.firm(), 1, 1)}</em></p>{talk}<p><strong>Thank you.</strong></p>"
        f"<p><em>{last}</em></p></div><div class='author-box'><h4>About the author</h4>"
        f"<p>A. Clerk has written on {w.other('author')} for ten years.</p></div>"
        f"<div class='also'><h4>You might also enjoy</h4>{links([w.headline('also')], 'p')}</div>",
    )


def tables(w: Writer) -> Page:
    """Give a page of 2003: tables in tables, fonts, and line breaks for paragraphs."""
    title = w.title()
    menu = "<br>".join(f"<a href='/{n}.htm'>{each}</a>" for n, each in enumerate(nav(w)))
    body = "<br><br>".join(w.story(5))
    news = "".join(
        f"<tr><td><font size='1'><a href='/h{n}.htm'>{w.headline('headline list')}</a><br>"
        f"{w.sentence()}"
        "</font></td></tr>"
        for n in range(4)
    )
    return page(
        w,
        title,
        f"<table width='100%'><tr><td colspan='3' bgcolor='#003366'><b>The Shopper</b></td></tr>"
        f"<tr>"
        f"<td width='120' valign='top'>{menu}</td><td valign='top'><font face='Arial' size='4'><b>"
        f"{title}"
        f"</b></font><br><br><font face='Arial' size='2'>{body}</font></td><td width='160' "
        f"valign='top'>"
        f"<table><tr><td><b>Other headlines</b></td></tr>{news}</table></td></tr><tr><td "
        f"colspan='3'>"
        f"<center><font size='1'>Web design by {w.other('footer')}</font></center></td></tr>"
        f"</table>",
    )


def amp(w: Writer) -> Page:
    """Give a page in AMP: its own elements for pictures, adverts, menus and consent."""
    title, story = w.title(), w.story(6)
    middle = (
        f"<amp-ad width='300' type='x'><div fallback><p>{w.about(w.other('ad'))}</p></div></amp-ad>"
        f"<amp-embed type='out'><p>{w.headline('embed')}</p></amp-embed>"
        f"<amp-img src='a.jpg' alt='{w.other('alt')}'></amp-img>"
    )
    more = links([w.headline("related") for _ in range(4)])
    return page(
        w,
        title,
        f"<amp-sidebar id='menu' layout='nodisplay'><ul>{links(nav(w))}</ul></amp-sidebar>"
        f"<amp-consent id='c'><div><p>{w.about(w.other('consent'))}</p></div></amp-consent>"
        f"<div class='amp-wp-article'><h1 class='amp-wp-title'>{title}</h1>"
        f"<div class='amp-wp-article-content'>"
        f"{paragraphs(story[:3])}{middle}{paragraphs(story[3:])}</div>"
        f"<div class='amp-wp-tax'>Tags: <a href='/t'>{w.other('tag')}</a></div></div>"
        f"<amp-list src='/more'><div placeholder><h3>Trending</h3><ul>{more}</ul></div></amp-list>"
        f"<amp-next-page><p>{w.headline('next page')}</p></amp-next-page>",
        attributes="amp",
    )


def chinese(w: Writer) -> Page:
    """Give a portal in Chinese, in GB 18030 and without a word from the server."""
    title = w.title()
    hot = "".join(
        f"<li><em>{n}</em><a href='/n{n}.html'>{w.headline('hot list')}</a></li>" for n in range(8)
    )
    body = paragraphs(f"\u3000\u3000{each}" for each in w.story())
    made = page(
        w,
        title,
        f"<div class='channel'><a href='/'>首页</a>|<a href='/k'>{w.other('nav')}专题</a></div>"
        f"<div class='path'>当前位置：<a href='/'>首页</a> "
        f"&gt; <a href='/j'>{w.other('breadcrumb')}</a>"
        f"</div>"
        f"<div class='artical'><h1>{title}</h1>"
        f"<div class='info'>2026-05-03 10:20 来源：购物者报</div>"
        f"<div id='artibody'>{body}"
        f"<p>（责任编辑：王一）</p></div>"
        f"<div class='keywords'>关键词：<a href='/k'>{w.other('tag')}</a></div>"
        f"<div class='xg'><h3>相关新闻</h3><ul>"
        f"{links([w.headline('related') for _ in range(4)])}</ul>"
        f"</div>"
        f"</div><div class='rank'><div class='tit'>新闻排行</div><ul>{hot}</ul></div>"
        f"<div class='comment'><p>网友评论仅供参考</p><p>"
        f"{w.paragraph(w.other('comment'))}</p></div>"
        f"<div class='copyright'>{w.other('footer')} 版权所有</div>",
    )
    html = str(made.body).replace("charset='utf-8'", "charset='gb2312'")
    return Page(html.encode("gb18030"), title, made.inside, made.outside)


def russian(w: Writer) -> Page:
    """Give a news site in Russian, in windows-1251, with pointers in the text."""
    title, story = w.title(), w.story(6)
    pointer = (
        f"<div class='incut'><p>Читайте также:</p><a href='/ru/1'>{w.headline('inline')}</a></div>"
    )
    feed = "".join(
        f"<div class='lenta__item'><span>1{n}:2{n}</span><a href='/ru/{n}'>{w.headline('feed')}</a>"
        f"</div>"
        for n in range(7)
    )
    made = page(
        w,
        title,
        f"<div class='topline'>{links(['Главная', w.other('nav')], 'span')}</div><div "
        f"class='l-col'>"
        f"<h1>{title}</h1><div class='lid'>{w.paragraph(w.firm(), 1, 1)}</div><div class='text'>"
        f"{paragraphs(story[:3])}{pointer}{paragraphs(story[3:])}</div>"
        f"<div class='themes'>Темы: <a href='/t'>{w.other('tag')}</a>, <a href='/u'>порт</a></div>"
        f"<div class='partner'><h3>Новости партнёров</h3>"
        f"{links([w.headline('partner')], 'div')}</div>"
        f"</div><div class='r-col'><h3>Лента новостей</h3>{feed}</div>"
        f"<div class='bottom'><p>При поддержке компании {w.other('footer')}.</p></div>",
    )
    html = str(made.body).replace("charset='utf-8'", "charset='windows-1251'")
    return Page(html.encode("windows-1251"), title, made.inside, made.outside)
