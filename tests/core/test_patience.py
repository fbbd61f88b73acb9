"""How long to wait for a platform that failed."""

from datetime import timedelta

from bot.core.limits import STEPS, WELL_AFTER, Patience

AT_ONCE = timedelta(0)


def test_each_failure_in_a_row_is_waited_for_longer_up_to_the_last_step() -> None:
    patience = Patience()
    assert [patience.pause(AT_ONCE) for _ in range(6)] == [*STEPS, STEPS[-1], STEPS[-1]]


def test_what_had_worked_for_a_while_begins_anew() -> None:
    patience = Patience()
    for _ in range(5):
        patience.pause(AT_ONCE)
    assert patience.pause(WELL_AFTER + timedelta(seconds=1)) == STEPS[0]
    assert patience.pause(AT_ONCE) == STEPS[1]
