"""Pages 17 to 24: other languages, public bodies, and the publishing systems of single writers."""

from tests.feeds.layouts.page import Page, links, nav, page, paragraphs
from tests.feeds.layouts.words import Writer


def german(w: Writer) -> Page:
    """Give a newspaper in German, with boxes in the text and the most read beside it."""
    title, story = w.title(), w.story(6)
    box = (
        f"<div class='c-box'><h3>Mehr zum Thema</h3><ul>"
        f"{links([w.headline('box') for _ in range(3)])}"
        "</ul></div>"
    )
    return page(
        w,
        title,
        f"<div class='c-head'><ul>{links(['Start', w.other('nav')])}</ul></div><div class='o-grid'>"
        f"<div class='o-main'><h1 class='c-title'>{title}</h1><p class='c-intro'>"
        f"{w.paragraph(w.firm(), 1, 1)}"
        f"</p>{paragraphs(story[:3])}{box}<p>Anzeige</p><p>{w.other('ad')} – Licht für jeden "
        f"Kai</p>"
        f"{paragraphs(story[3:])}<p>Lesen Sie auch: <a href='/de/1'>{w.headline('inline')}</a></p>"
        f"</div>"
        f"<div class='o-side'><h3>Meistgelesen</h3>"
        f"{links([w.headline('most read') for _ in range(5)], 'p')}"
        f"<h3>Newsletter</h3><p>{w.paragraph(w.other('newsletter'))}</p></div></div>"
        f"<div class='c-foot'><p>Ein Angebot der {w.other('footer')} Verlags GmbH</p></div>",
    )


def arabic(w: Writer) -> Page:
    """Give a news site in Arabic, from right to left."""
    title = w.title()
    side = links([w.headline("most read") for _ in range(5)])
    return page(
        w,
        title,
        f"<div class='menu-bar'>{links(['الرئيسية', w.other('nav')], 'span')}</div><div "
        f"class='article-page'>"
        f"<h1>{title}</h1><div class='wysiwyg'>{paragraphs(w.story())}</div>"
        f"<div class='source'>المصدر: المتسوق</div><div class='article-bottom'><h2>اقرأ أيضا</h2>"
        f"<ul>{links([w.headline('also') for _ in range(3)])}</ul></div></div>"
        f"<div class='col-left'><h2>الأكثر قراءة</h2><ol>{side}</ol></div>"
        f"<div class='end'><p>جميع الحقوق محفوظة لشركة {w.other('footer')}</p></div>",
        attributes="dir='rtl'",
    )


def government(w: Writer) -> Page:
    """Give a ministry's notice: a table of companies in the text, services and news beside it."""
    title = w.title()
    rows = "".join(f"<tr><td>{n}</td><td>{w.firm()}</td><td>Lamps</td></tr>" for n in range(1, 5))
    return page(
        w,
        title,
        f"<a class='skip-link' href='#main'>Skip to main content</a><div class='banner'><p>This is "
        f"an official "
        f"site. Built with {w.other('banner')}.</p></div><header role='banner'><ul>"
        f"{links(nav(w))}</ul></header>"
        f"<main id='main' role='main'><div class='grid-row'><div class='column-two-thirds'><h1>"
        f"{title}</h1>"
        f"<dl><dt>Published</dt><dd>3 May 2026</dd><dt>Reference</dt><dd>26/118</dd></dl>"
        f"{paragraphs(w.story())}<h2>Annex: offers received</h2><table><tr><th>No.</th><th>"
        f"Company</th>"
        f"<th>Goods</th></tr>{rows}</table><h2>Contact</h2><p>Press office of the ministry, room "
        f"12.</p>"
        f"</div><div class='column-one-third'><h2>Related content</h2><ul>"
        f"{links([w.headline('related') for _ in range(4)])}</ul></div></div></main>"
        f"<footer role='contentinfo'><p>Hosted by {w.other('footer')}</p></footer>",
    )


def court(w: Writer) -> Page:
    """Give a court's notice: the parties, numbered paragraphs, a footnote, no heading."""
    title = w.title()
    points = "".join(f"<li>{each}</li>" for each in w.story(6, 9))
    one, other = w.firm(), w.firm()
    latest = "".join(
        f"<tr><td><a href='/case/{n}'>{w.headline('cases')}</a></td></tr>" for n in range(5)
    )
    return page(
        w,
        title,
        f"<div id='banner'>{links(nav(w), 'span')}</div><div id='wrap'><div id='left'><p><b>Latest "
        f"judgments</b></p><table>{latest}</table></div><div id='doc'><p align='center'><b>"
        f"{title}</b></p>"
        f"<p align='center'>{one} Ltd.<br>v.<br>The Harbour Board of Springfield</p><p>Before: two "
        f"judges. "
        f"{w.sentence()}</p><ol>{points}</ol><p>Costs are to be paid by {other}.</p><hr>"
        f"<p><small>1. {w.sentence()}</small></p></div></div>"
        f"<div id='bottom'><p>Search by {w.other('footer')}. Accessibility. Privacy.</p></div>",
    )


def wordpress(w: Writer) -> Page:
    """Give a blog on WordPress, with shares, likes and related posts after the text."""
    title = w.title()
    related = "".join(
        f"<div class='jp-relatedposts-post'><h4><a href='/?p={n}'>{w.headline('related')}</a></h4>"
        f"<p class='jp-relatedposts-post-excerpt'>{w.sentence()}</p><p>In "
        f'"{w.other("category")}"</p></div>'
        for n in range(3)
    )
    widgets = (
        f"<section class='widget widget_recent_entries'><h2 class='widget-title'>Recent Posts</h2>"
        f"<ul>"
        f"{links([w.headline('widget') for _ in range(5)])}</ul></section><section class='widget "
        f"widget_text'><h2>Support us</h2><p>{w.paragraph(w.other('widget'))}</p></section>"
    )
    return page(
        w,
        title,
        f"<div id='page' class='site'><header id='masthead'><ul>{links(nav(w))}</ul></header><div "
        f"id='primary'><main><article id='post-7' class='post-7 post type-post tag-lamps "
        f"category-news'>"
        f"<header class='entry-header'><h1 class='entry-title'>{title}</h1></header><div "
        f"class='entry-content'>{paragraphs(w.story())}<div class='sharedaddy'><h3 "
        f"class='sd-title'>Share "
        f"this:</h3><ul><li>Mail</li></ul></div><div class='sharedaddy sd-like'><h3>Like this:</h3>"
        f"</div>"
        f"<div id='jp-relatedposts' class='jp-relatedposts'><h3 class='jp-relatedposts-headline'>"
        f"<em>Related"
        f"</em></h3>{related}</div></div><footer class='entry-footer'><span class='tags-links'>"
        f"Tagged "
        f"<a href='/tag/a'>{w.other('tag')}</a></span></footer></article><nav "
        f"class='post-navigation'>"
        f"<a href='/?p=6'>Previous: {w.headline('previous')}</a></nav></main></div>"
        f"<div id='secondary' class='widget-area'>{widgets}</div></div>",
    )


def ghost(w: Writer) -> Page:
    """Give a blog on Ghost, with a bookmark in the text and a call to subscribe under it."""
    title, story = w.title(), w.story(6)
    bookmark = (
        f"<figure class='kg-card kg-bookmark-card'><a class='kg-bookmark-container' "
        f"href='https://x.example/1'>"
        f"<div class='kg-bookmark-content'><div class='kg-bookmark-title'>"
        f"{w.headline('bookmark')}</div>"
        f"<div class='kg-bookmark-description'>{w.sentence()}</div></div></a></figure>"
    )
    cards = "".join(
        f"<article class='post-card'><a class='post-card-content-link' href='/k{n}/'><h2 "
        f"class='post-card-title'>{w.headline('post card')}</h2><div class='post-card-excerpt'>"
        f"{w.paragraph(w.other('post card'), 1, 2)}</div></a></article>"
        for n in range(3)
    )
    return page(
        w,
        title,
        f"<div class='viewport'><header class='gh-head'><ul>{links(nav(w))}</ul></header><main "
        f"class='site-main'><article class='article post'><header class='article-header'><h1>"
        f"{title}</h1>"
        f"<p class='article-excerpt'>{w.paragraph(w.firm(), 1, 1)}</p></header><section "
        f"class='gh-content'>"
        f"{paragraphs(story[:3])}{bookmark}{paragraphs(story[3:])}</section></article><section "
        f"class='footer-cta'><h2>Sign up for more like this.</h2><p>"
        f"{w.about(w.other('sign-up'))}</p>"
        f"</section><aside class='read-more-wrap'><div class='read-more'>{cards}</div></aside>"
        f"</main></div>",
    )


def letter(w: Writer) -> Page:
    """Give a newsletter on the web: a box to subscribe in the text, then a discussion and more."""
    title, story = w.title(), w.story(6)
    box = (
        f"<div class='subscription-widget-wrap'><div class='subscription-widget'><p "
        f"class='cta-caption'>"
        f"{w.about(w.other('subscription'))} Subscribe to get the next letter.</p></div></div>"
    )
    recent = "".join(
        f"<div class='portable-archive-post'><a class='post-preview-title' href='/p/{n}'>"
        f"{w.headline('archive')}</a><div>{w.sentence()}</div><div>May {n}</div></div>"
        for n in range(4)
    )
    talk = "".join(
        f"<div class='comment-body'><p>{w.paragraph(w.other('comment'), 3, 5)}</p></div>"
        for _ in range(3)
    )
    return page(
        w,
        title,
        f"<div class='pencraft navbar'>{links(nav(w), 'span')}</div><div class='single-post'>"
        f"<article "
        f"class='newsletter-post post'><h1 class='post-title'>{title}</h1><h3 class='subtitle'>"
        f"{w.about(w.firm())}</h3><div class='available-content'><div class='body markup'>"
        f"{paragraphs(story[:2])}{box}{paragraphs(story[2:])}<p>Thanks for reading "
        f"{w.other('thanks')} "
        f"Letters! Subscribe for free.</p></div></div></article><div class='post-footer'><h4>"
        f"Discussion "
        f"about this post</h4>{talk}</div></div><div class='portable-archive'>{recent}</div>",
    )


def stories(w: Writer) -> Page:
    """Give a platform of many writers: class names of two letters, and their other texts below."""
    title = w.title()
    body = "".join(f"<p class='pw-post-body-paragraph lx ly'>{each}</p>" for each in w.story(5))
    more = "".join(
        f"<div class='ab q nk'><div class='fe'><a href='/@clerk/{n}'><h2 class='be bf'>"
        f"{w.headline('more')}"
        f"</h2><div class='nn'><h3 class='be eq'>{w.sentence()}</h3></div></a></div><div "
        f"class='no'>May {n} "
        "· 4 min</div></div>"
        for n in range(4)
    )
    return page(
        w,
        title,
        f"<div class='ab cb'>{links(nav(w), 'span')}</div><div class='l'><article><div class='l'>"
        f"<section>"
        f"<div><h1 class='pw-post-title lm'>{title}</h1><div class='ab'>A. Clerk · Follow · 4 min "
        f"read</div>"
        f"<blockquote class='nf'><p>{w.paragraph(w.firm(), 1, 1)}</p></blockquote>{body}</div>"
        f"</section></div>"
        f"</article><div class='ab mx'><a href='/tag/1'>{w.other('tag')}</a><a href='/tag/2'>"
        f"Quays</a></div>"
        f"<div class='mw'><h2>Written by A. Clerk</h2><p>Writes about {w.other('author')} and "
        f"quays.</p></div>"
        f"<div class='mv'><h2>More from A. Clerk and The Shopper</h2>{more}</div></div>",
    )
