"""Pages 25 to 32: what is harder: other news in the middle, short texts, notes, forums."""

from tests.feeds.layouts.page import Page, links, nav, page, paragraphs
from tests.feeds.layouts.words import Writer


def read_in_the_middle(w: Writer) -> Page:
    """Give a list of the most read between two halves of an article."""
    title, story = w.title(), w.story(8, 10)
    most = "".join(
        f"<li><span>{n}</span><a href='/l{n}'><h4>{w.headline('most read')}</h4></a></li>"
        for n in range(1, 6)
    )
    return page(
        w,
        title,
        f"<div class='hdr'>{links(nav(w), 'span')}</div><div class='story'><h1>{title}</h1>"
        f"{paragraphs(story[:4])}<div class='mid'><div class='lbl'>Most Read in Ports</div><ol>"
        f"{most}</ol>"
        f"<div class='lbl'>Watch</div><p>{w.headline('video')}</p></div>"
        f"{paragraphs(story[4:])}</div>",
    )


def transcript(w: Writer) -> Page:
    """Give a video's page: a few words, a transcript with times, and what to watch next."""
    title = w.title()
    lines = "".join(
        f"<div class='seg'><span class='ts'>0{n}:1{n}</span> <span>"
        f"{w.paragraph(w.firm() if n % 3 == 0 else '')}"
        "</span></div>"
        for n in range(7)
    )
    queue = "".join(
        f"<div class='vid'><a href='/watch/{n}'><span class='t'>{w.headline('playlist')}</span>"
        f"<span>3:2{n}"
        "</span></a></div>"
        for n in range(6)
    )
    return page(
        w,
        title,
        f"<div class='nav-strip'>{links(nav(w), 'span')}</div><div class='player'><video "
        f"src='v.mp4'>"
        f"Your browser shows no video.</video></div><h1>{title}</h1><p class='desc'>"
        f"{w.paragraph(w.firm())}"
        f"</p><h2>Transcript</h2><div class='transcript'>{lines}</div>"
        f"<div class='playlist'><h2>Up next</h2>{queue}</div>",
    )


def short(w: Writer) -> Page:
    """Give an article of eighty words beside ten times as many others."""
    title = w.title()
    body = [w.paragraph(w.firm(), 1, 1), w.paragraph("", 1, 1), w.paragraph(w.firm(), 1, 1)]
    blocks = "".join(
        f"<div class='item'><h3><a href='/m{n}'>{w.headline('sidebar')}</a></h3>"
        f"<p>{w.paragraph(w.other('sidebar'), 3, 5)}</p></div>"
        for n in range(8)
    )
    return page(
        w,
        title,
        f"<div class='bar'>{links(nav(w), 'span')}</div><div class='two'><div class='primary'><h1>"
        f"{title}</h1>"
        f"{paragraphs(body)}</div><div class='secondary'><h2>From the region</h2>{blocks}</div>"
        f"</div>",
    )


def captions(w: Writer) -> Page:
    """Give a page of pictures with captions, beside teasers that have captions too."""
    title, story = w.title(), w.story(6)
    own = "".join(
        f"<figure><img src='{n}.jpg' alt=''><figcaption>{w.about(w.firm())} Photo: A. "
        f"Clerk</figcaption></figure>"
        for n in range(2)
    )
    gallery = "".join(
        f"<div class='gal'><a href='/gallery/{n}'><figure><img src='g{n}.jpg' "
        f"alt='{w.other('alt')}'><figcaption>"
        f"{w.headline('teaser caption')}</figcaption></figure></a></div>"
        for n in range(4)
    )
    return page(
        w,
        title,
        f"<div class='h'>{links(nav(w), 'span')}</div><article><h1>{title}</h1>"
        f"{paragraphs(story[:2])}{own}"
        f"{paragraphs(story[2:])}</article><div class='strip'><h2>Pictures of the week</h2>"
        f"{gallery}</div>",
    )


def footnotes(w: Writer) -> Page:
    """Give a long read with notes under it, which are its own, and a box of projects beside."""
    title, story = w.title(), w.story(8, 12)
    marked = [f"{each} [{n}]" for n, each in enumerate(story, 1)]
    notes = "".join(f"<li id='fn{n}'>{w.about(w.firm())}</li>" for n in range(1, 5))
    return page(
        w,
        title,
        f"<div class='site'><div class='brand'>{links(nav(w), 'span')}</div><div class='long'><h1>"
        f"{title}</h1>"
        f"{paragraphs(marked)}<h2>Notes</h2><ol>{notes}</ol></div><div class='projects'><h3>Our "
        f"projects</h3>"
        f"{links([w.headline('projects') for _ in range(4)], 'p')}<p>Funded by "
        f"{w.other('funders')}.</p></div>"
        f"<div class='legal'><p>Printed by {w.other('footer')} for The Shopper.</p></div></div>",
    )


def wire(w: Writer) -> Page:
    """Give a press release: "About" the company belongs to it, other releases do not."""
    title, about = w.title(), w.firm()
    others = "".join(
        f"<div class='row'><div class='card'><a href='/release/{n}'><h3><small>0{n}:00 ET</small> "
        f"{w.headline('release')}</h3><p>{w.paragraph(w.other('release'), 1, 2)}</p></a></div>"
        f"</div>"
        for n in range(3)
    )
    return page(
        w,
        title,
        f"<header class='prn'>{links(nav(w), 'span')}</header><article class='news-release'><h1>"
        f"{title}</h1>"
        f"<section class='release-body'><p>SPRINGFIELD, May 3 /Wire/ -- {w.paragraph(w.firm())}</p>"
        f"{paragraphs(w.story())}<p><b>About {about}</b></p><p>{about} makes lamps. "
        f"{w.sentence()}</p>"
        f"<p>Media contact:<br>press office, {w.firm()}<br>press@lamps.example</p><p>SOURCE "
        f"{about}</p>"
        f"</section></article><section class='more-releases'><h2>More Releases From This "
        f"Source</h2>{others}"
        f"</section><section><h2>Explore</h2>"
        f"{links([w.headline('explore') for _ in range(2)], 'p')}</section>"
        f"<footer><p>{w.other('footer')} Distribution Inc.</p></footer>",
    )


def forum(w: Writer) -> Page:
    """Give a thread: the first post is the page, answers are comments, other threads teasers."""
    title = w.title()
    first = paragraphs(w.story(3, 4))
    answers = "".join(
        f"<div class='reply' id='p{n}'><div class='user'>member{n}</div><div class='txt'>"
        f"{w.paragraph(w.other('answer'))}</div></div>"
        for n in range(4)
    )
    threads = links([w.headline("threads") for _ in range(6)])
    return page(
        w,
        title,
        f"<div class='fnav'>{links(['Forum', w.other('nav')], 'span')}</div><h1>{title}</h1><div "
        f"class='firstpost'><div class='user'>clerk</div><div class='txt'>{first}</div></div><h3>4 "
        f"Replies</h3>"
        f"{answers}<div class='similar'><h3>Similar Threads</h3><ul>{threads}</ul></div>",
    )


def portal(w: Writer) -> Page:
    """Give a page of utility classes, with a letter to sign up for and sponsors around the text."""
    title, story = w.title(), w.story(6)
    sign_up = (
        f"<div class='my-8 rounded border p-4'><div class='font-bold'>The {w.other('newsletter')} "
        f"briefing"
        f"</div><div class='text-sm'>{w.paragraph(w.other('newsletter'), 1, 1)}</div><button>"
        f"Join</button></div>"
    )
    grid = "".join(
        f"<a class='block p-2' href='/s/{n}'><img alt='{w.other('alt')}'><div class='mt-2 text-lg'>"
        f"{w.headline('grid')}</div><div class='text-gray-500'>"
        f"{w.paragraph(w.other('grid'), 1, 1)}</div></a>"
        for n in range(6)
    )
    before, after = (paragraphs(each, attributes="class='mt-4'") for each in (story[:3], story[3:]))
    return page(
        w,
        title,
        f"<div class='flex items-center'>{links(nav(w), 'span')}</div><div class='mx-auto "
        f"max-w-2xl'>"
        f"<div class='text-sm'>Home / {w.other('breadcrumb')} / Lamps</div><h1 class='text-4xl'>"
        f"{title}</h1>"
        f"{before}{sign_up}{after}</div><div class='grid grid-cols-3'>{grid}</div>"
        f"<div class='bg-gray-900'><p>Supported by {w.other('sponsor')} and by our readers.</p>"
        f"</div>",
    )
