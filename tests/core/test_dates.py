from datetime import date

import pytest

from bot.core.dates import PartialDate


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2019-10-09", "9 Oct 2019"),
        ("2022-05", "May 2022"),
        ("2021", "2021"),
        ("2022-05-04~", "about 4 May 2022"),
        ("2022~", "about 2022"),
    ],
)
def test_a_date_is_said_as_exactly_as_it_is_known(written: str, said: str) -> None:
    parsed = PartialDate.parse(written)
    assert parsed.words() == said
    assert str(parsed) == written


@pytest.mark.parametrize("written", ["", "2019-13", "2019-02-30", "09.10.2019", "2019-1-2", "x"])
def test_what_is_no_date_is_refused_with_the_form_to_use(written: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        PartialDate.parse(written)


def test_partial_dates_sort_by_the_first_day_they_can_mean() -> None:
    written = ["2022-05", "2021", "2022-05-04", "2022"]
    assert sorted(map(PartialDate.parse, written)) == [
        PartialDate.parse(each) for each in ["2021", "2022", "2022-05", "2022-05-04"]
    ]
    assert PartialDate.of(date(2026, 11, 22)).first_day == date(2026, 11, 22)
