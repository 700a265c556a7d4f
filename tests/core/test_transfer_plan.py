"""What a download decides, without a disk or a network."""

import pytest

from orangecontrib.imaging.core import transfer_plan
from orangecontrib.imaging.core.transfer_plan import (
    ATTEMPTS,
    GETTING_ON_BYTES,
    Patience,
    Plan,
    Speed,
    decide,
    slow_text,
    status_text,
    usable_mark,
    version_mark,
)


@pytest.mark.parametrize(("status", "headers", "have", "plan"), [
    (200, {"Content-Length": "100"}, 0, Plan("write", 0, 100)),
    (200, {"Content-Length": "100"}, 40, Plan("write", 0, 100)),  # Range ignored, or another version
    (200, {}, 0, Plan("write", 0, None)),
    (200, {"Content-Length": "1" * 5000}, 0, Plan("write", 0, None)),
    (200, {"Content-Length": "-1"}, 0, Plan("write", 0, None)),
    (206, {"Content-Range": "bytes 40-99/100"}, 40, Plan("write", 40, 100)),
    (206, {"Content-Range": "bytes 40-99/*", "Content-Length": "60"}, 40, Plan("write", 40, 100)),
    (206, {"Content-Range": "bytes 40-99/*"}, 40, Plan("write", 40, None)),
    (206, {"Content-Range": "bytes 0-99/100"}, 40, Plan("from zero")),
    (206, {"Content-Range": "bytes 41-99/100"}, 40, Plan("from zero")),
    (206, {"Content-Range": "nonsense"}, 40, Plan("from zero")),
    (206, {"Content-Type": "multipart/byteranges"}, 40, Plan("from zero")),
    (416, {"Content-Range": "bytes */40"}, 40, Plan("whole already", 40, 40)),
    (416, {"Content-Range": "bytes */30"}, 40, Plan("from zero")),
    (416, {}, 40, Plan("from zero")),
    (416, {"Content-Range": "bytes */0"}, 0, Plan("from zero")),
    (408, {}, 0, Plan("ask later")), (429, {}, 0, Plan("ask later")),
    (500, {}, 0, Plan("ask later")), (503, {}, 40, Plan("ask later")),
    (404, {}, 0, Plan("refuse")), (403, {}, 40, Plan("refuse")), (407, {}, 0, Plan("refuse")),
    (302, {}, 0, Plan("refuse")), (204, {}, 0, Plan("refuse")),
])
def test_every_answer_has_its_plan(status, headers, have, plan):
    assert decide(status, headers, have) == plan


@pytest.mark.parametrize(("headers", "mark"), [
    ({"ETag": '"abc"', "Last-Modified": "Tue"}, '"abc"'),
    ({"ETag": 'W/"abc"', "Last-Modified": "Tue"}, "Tue"),
    ({"Last-Modified": "Tue, 15 Nov 1994 12:45:26 GMT"}, "Tue, 15 Nov 1994 12:45:26 GMT"),
    ({"ETag": 'W/"abc"'}, ""), ({"ETag": '"a\r\nX: y"'}, ""), ({"ETag": '"ä"'}, ""), ({}, ""),
])
def test_only_a_strong_mark_of_one_line_tells_versions_apart(headers, mark):
    assert version_mark(headers) == mark
    assert usable_mark(mark) == mark


def test_answers_are_named():
    assert status_text(404) == "the server answered 404 (Not Found)"
    assert status_text(599) == "the server answered 599"
    assert status_text(302).endswith("in a circle or to one that is neither http nor https")


def test_pauses_double_and_end_after_five_tries_in_a_row_that_brought_nothing():
    patience = Patience()
    assert [patience.pause_s(False, 1000) for _ in range(ATTEMPTS)] == [1, 2, 4, 8, None]


def test_tries_that_get_on_start_the_count_anew_and_going_back_does_not_count():
    patience = Patience()
    assert [patience.pause_s(False, number * GETTING_ON_BYTES) for number in range(9)] == [1.0] * 9
    assert [patience.pause_s(False, GETTING_ON_BYTES) for _ in range(4)] == [2, 4, 8, None]


def test_without_any_connection_nothing_is_waited_for_but_a_lost_one_may_come_back():
    assert Patience().pause_s(True, 0) is None
    patience = Patience()
    assert [patience.pause_s(offline, 0) for offline in (False, True, True, True, True)] == [1, 2, 4, 8, None]


def test_a_drip_is_told_at_the_end_of_each_window_of_time(monkeypatch):
    monkeypatch.setattr(transfer_plan, "SLOW_WINDOW_S", 10.0)
    now = [0.0]
    speed = Speed(lambda: now[0])
    told = []
    for second in range(1, 31):
        now[0] = float(second)
        told.append(speed.is_too_slow(1000 if second <= 20 else 999))
    assert told == [False] * 29 + [True]
    assert slow_text() == "less than 1 kB/s came for 10 s"
