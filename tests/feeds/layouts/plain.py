"""Pages 1 to 8: the ways in which a plain news page is built."""

import json
from html import escape

from tests.feeds.layouts.page import Page, links, nav, page, paragraphs
from tests.feeds.layouts.words import Writer


def semantic(w: Writer) -> Page:
    """Give a page: everything in the element that HTML has for it."""
    title, lead = w.title(), w.paragraph(w.firm(), 1, 1)
    related = "".join(
        f"<article><h3><a href='/a{n}'>{w.headline('related')}</a></h3>"
        f"<img alt='{w.other('alt')} lamps' src='x.jpg'><p>"
        f"{w.paragraph(w.other('teaser'), 1, 1)}</p>"
        "</article>" for n in range(3)
    )  # fmt: skip
    return page(
        w,
        title,
        f"<header><a href='/'>The Shopper</a><nav><ul>{links(nav(w))}</ul></nav></header><main>"
        f"<nav aria-label='Breadcrumb'><ol>{links(['Home', w.other('breadcrumb')])}</ol></nav>"
        f"<article><header><h1>{title}</h1><p>{lead}</p><p>By A. Clerk, <time>3 May</time></p>"
        f"</header>"
        f"{paragraphs(w.story())}<footer><p>Filed under: <a href='/t'>{w.other('tag')}</a></p>"
        f"</footer>"
        f"</article><section aria-label='More'><h2>Read next</h2>{related}</section></main>"
        f"<aside><h2>Newsletter</h2><p>{w.paragraph(w.other('newsletter'))}</p></aside>"
        f"<footer><p>The Shopper is printed by {w.other('footer')}.</p></footer>",
    )


def soup(w: Writer) -> Page:
    """Give a page: divisions all the way down, with class names that a machine made."""
    title = w.title()
    cards = "".join(
        f"<div class='x9f'><div class='q1'><a href='/b{n}'><div class='z'>"
        f"{w.headline('teaser')}</div>"
        f"</a></div><div class='q2'>{w.sentence()}</div><div class='q3'>{n} hours ago</div></div>"
        for n in range(4)
    )
    body = "".join(f"<div class='k2'><div>{each}</div></div>" for each in w.story(5))
    menu = "".join(
        f"<div class='m'><a href='/{n}'>{each}</a></div>" for n, each in enumerate(nav(w))
    )
    return page(
        w,
        title,
        f"<div id='root'><div class='a1'><div class='a2'>{menu}</div></div><div class='b1'>"
        f"<div class='b2'><div class='h7'>{title}</div><div class='h8'>Posted on 3 May by the "
        f"desk</div>"
        f"{body}</div><div class='b3'><div class='t'>{w.headline('promo')}</div>{cards}</div></div>"
        f"<div class='f1'><div>{w.other('footer')} and other partners of The Shopper</div></div>"
        f"</div>",
    )


def siblings(w: Writer) -> Page:
    """Give a page: one column of paragraphs; the teasers follow as paragraphs of the same kind."""
    title = w.title()
    teasers = "".join(
        f"<p><a href='/c{n}'>{w.headline('teaser')}</a></p><p>{w.sentence()[:60]}…</p>"
        for n in range(4)
    )
    return page(
        w,
        title,
        f"<p><a href='/'>The Shopper</a> | <a href='/n'>{w.other('nav')} watch</a></p><h1>"
        f"{title}</h1>"
        f"{paragraphs(w.story())}<h4>More from The Shopper</h4>{teasers}"
        f"<p>Tags: {w.other('tag')}, harbour</p><p>© The Shopper. {w.other('footer')} hosts this "
        f"site.</p>",
    )


def inline_links(w: Writer) -> Page:
    """Give an article with pointers to other news between its paragraphs, in several shapes."""
    title, story = w.title(), w.story(8, 11)
    pieces = (
        f"<p><strong>READ MORE: <a href='/d1'>{w.headline('inline')}</a></strong></p>",
        f"<p><em>Also read: <a href='/d2'>{w.headline('inline')}</a></em></p>",
        f"<p>SEE ALSO: <a href='/d3'>{w.headline('inline')}</a></p>",
        f"<p>&gt;&gt; <a href='/d4'>{w.headline('inline')}</a></p>",
        f"<div><span>Related</span><a href='/d5'><b>{w.headline('inline')}</b></a></div>",
        (
            f"<ul><li><a href='/d6'>{w.headline('inline')}</a></li>"
            f"<li><a href='/d7'>{w.headline('inline')}</a></li></ul>"
        ),
    )
    body = story[:1]
    mixed = paragraphs(body) + "".join(
        f"<p>{each}</p>{piece}" for each, piece in zip(story[1:], pieces, strict=False)
    )
    rest = paragraphs(story[1 + len(pieces) :])
    return page(
        w, title, f"<article><h1>{title}</h1><div class='body'>{mixed}{rest}</div></article>"
    )


def comments(w: Writer) -> Page:
    """Give a page: more comments than article, longer than its paragraphs."""
    title = w.title()
    said = "".join(
        f"<li class='depth-1'><div class='vcard'>Reader {n}</div><div class='when'>2 days ago</div>"
        f"<p>{w.paragraph(w.other('comment'), 4, 7)}</p><a href='#r{n}'>Reply</a></li>"
        for n in range(6)
    )
    return page(
        w,
        title,
        f"<div class='top'>{links(nav(w), 'span')}</div><div class='story-wrap'><h1>{title}</h1>"
        f"{paragraphs(w.story(3, 5))}</div><div class='discussion'><h3>6 thoughts on “{title}”</h3>"
        f"<ol>{said}</ol><form><label>Your comment</label><textarea></textarea></form></div>",
    )


def tag_clouds(w: Writer) -> Page:
    """Give a page: tags before, beside and after the article."""
    title = w.title()

    def cloud(tag: str, count: int) -> str:
        words = [w.other("tag cloud") if n % 2 else "harbour" for n in range(count)]
        return "".join(f"<{tag}><a href='/tag/{n}'>{e}</a></{tag}>" for n, e in enumerate(words))

    return page(
        w,
        title,
        f"<div class='crumbs'><a href='/'>Home</a> › <a href='/p'>{w.other('breadcrumb')}</a></div>"
        f"<div class='wrap'><div class='main'><div class='kicker'>{cloud('span', 2)}</div><h1>"
        f"{title}</h1>"
        f"{paragraphs(w.story())}<div class='chips'>{cloud('span', 6)}</div>"
        f"<p>Tagged {cloud('b', 4)}</p></div><div class='right'><h3>Topics</h3>{cloud('div', 12)}"
        f"<h3>Companies</h3><ul>{cloud('li', 10)}</ul></div></div>",
    )


def endless(w: Writer) -> Page:
    """Give a page: the next articles follow on the same page, each with a headline of its own."""
    title = w.title()

    def one(headline: str, story: list[str], number: int) -> str:
        return (
            f"<article data-url='/2026/{number}'><h1>{headline}</h1><div class='by'>The desk</div>"
            f"{paragraphs(story)}</article>"
        )

    first = one(title, w.story(), 0)
    following = "".join(
        one(w.headline("next article"), [w.paragraph(w.other("next article")) for _ in range(6)], n)
        for n in (1, 2)
    )
    return page(
        w, title, f"<header>{links(nav(w), 'span')}</header><main>{first}{following}</main>"
    )


def data_only(w: Writer) -> Page:
    """Give a page whose text is in its data for search engines; its markup has teasers only."""
    title, story = w.title(), w.story()
    other = {"@type": "NewsArticle", "headline": w.headline("data"), "url": "/2026/else"}
    graph = [
        {"@type": "WebSite", "name": "The Shopper", "publisher": w.other("data")},
        {"@type": "ItemList", "itemListElement": [other]},
        {
            "@type": ["NewsArticle"],
            "headline": title,
            "articleBody": "\n\n".join(story),
            "keywords": w.other("data"),
            "author": {"@type": "Person", "name": "A. Clerk"},
        },
    ]
    data = json.dumps({"@context": "https://schema.org", "@graph": graph})
    teasers = "".join(
        f"<div class='tile'><a href='/e{n}'>{escape(w.headline('teaser'))}</a></div>"
        for n in range(5)
    )
    return page(
        w,
        title,
        f"<div>{links(nav(w), 'span')}</div><div id='app'><h1>{title}</h1><p>Loading …</p></div>"
        f"<div>{teasers}</div>",
        f"<script type='application/ld+json'>{data}</script>",
    )
