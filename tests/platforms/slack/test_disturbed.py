"""The whole bot, as a process, on a Slack that misbehaves: one card for each mention.

In full: `python -m tests.bench.slack faults`.
"""

import pytest

from tests.bench.slack import faults


@pytest.mark.proof
async def test_cut_redelivered_and_refused_there_is_one_card_for_each_mention() -> None:
    figures = await faults(messages=60, cut_s=1.0, channels=30)
    assert figures["cards"] == figures["messages"]
    assert (figures["lost"], figures["doubled"], figures["uncalled"]) == (0, 0, 0)
    # It was disturbed indeed.
    assert int(str(figures["connections"])) > 2
    assert int(str(figures["refused_posts"])) >= 20
