"""Where an answer goes survives the journey through the database and through Slack."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.mention import Channel
from bot.platforms.slack.told import Begun
from bot.platforms.slack.where import Home, Place, Response, Window, read_place, read_where
from tests.platforms.hostile import texts, thoroughly

TS = st.sampled_from(("1712345678.000100", None))


@thoroughly
@given(st.builds(Window, texts(), st.integers(1, 99), texts(), texts(), texts(), TS, st.booleans()))
def test_a_window_is_read_as_it_was_written(window: Window) -> None:
    assert read_where(str(window)) == window


@thoroughly
@given(
    st.builds(Home, texts())
    | st.just(Response("https://x.example/1"))
    | st.builds(Response, st.sampled_from(("", "https://x.example/1")), st.booleans(), texts())
)
def test_an_address_is_read_as_it_was_written(where: Home | Response) -> None:
    assert read_where(str(where)) == where


@thoroughly
@given(TS, TS, st.booleans(), st.booleans(), st.dictionaries(texts(), texts(), max_size=3))
def test_a_place_and_a_form_are_read_as_they_were_written(
    thread: str | None, on: str | None, private: bool, external: bool, given_: dict[str, str]
) -> None:
    channel = Channel("slack", "C012AB", private=private, external=external, team="T1")
    place, begun = Place(channel, thread, on), Begun(("vendor", "report"), given_)
    read = read_place(place.write(begun), "T1")
    assert read == (place, begun)
    assert read[0].channel.external is external
    assert read[0].channel.team == "T1"


@thoroughly
@given(
    texts(),
    st.sampled_from(("", "view:", "home:", "answer:", "answer:[", "view:{", 'view:{"page":"x"}')),
)
def test_any_text_at_all_is_read_as_something(text: str, prefix: str) -> None:
    assert isinstance(read_where(prefix + text), Home | Response | Window)
    assert read_place(prefix + text, "T1") is None
