"""Reading in this process: what the reader process does, without starting one."""

from bot.feeds.extraction.article import Article
from bot.feeds.extraction.extract import extract
from bot.feeds.jobs import FeedJob, PageJob, Reading
from bot.feeds.listing import read


class Inline:
    """Reads feeds and pages where it stands."""

    async def feed(self, job: FeedJob) -> Reading:
        """Read a feed."""
        return read(job)

    async def page(self, job: PageJob) -> Article:
        """Reduce a page to its article."""
        return extract(job.body, job.url, job.charset, job.content_type)
