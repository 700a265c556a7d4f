"""The rate and the time left that a user sees."""

import pytest

from orangecontrib.imaging.core.pace import Pace, duration_text


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def step():
    """Notes that so many are done, so many seconds later; gives the rate."""
    clock = Clock()
    pace = Pace(clock)

    def advance(seconds, done):
        clock.now += seconds
        return pace.rate(done)
    return advance


def test_the_first_step_tells_nothing(step):
    assert step(3, 4) is None


def test_a_slow_start_does_not_count(step):
    step(20, 4)
    assert step(1, 104) == 100


def test_what_was_known_from_before_does_not_count(step):
    step(0, 5000)
    assert step(1, 5100) == 100


def test_what_was_known_and_came_in_several_steps_is_soon_forgotten(step):
    for known in (1000, 2000, 3000):
        step(0.01, known)
    for second in range(1, 7):
        rate = step(1, 3000 + 100 * second)
    assert rate == 100


def test_a_change_of_speed_shows_within_seconds(step):
    for second in range(30):
        step(1, 10 * second)
    for second in range(7):
        rate = step(1, 290 + 50 * (second + 1))
    assert rate == 50


def test_one_step_in_a_long_while_still_gives_a_rate(step):
    step(0, 4)
    step(60, 8)
    assert step(60, 12) == pytest.approx(4 / 60)


def test_without_progress_there_is_no_rate(step):
    step(1, 4)
    assert step(1, 4) is None
    assert step(0, 8) is not None


def test_durations_are_short_and_right():
    texts = [duration_text(seconds) for seconds in (0, 0.41, 9.94, 9.96, 12.3, 59.6, 200, 7500)]
    assert texts == ["0.0 s", "0.4 s", "9.9 s", "10 s", "12 s", "1 min 0 s", "3 min 20 s", "2 h 5 min"]
