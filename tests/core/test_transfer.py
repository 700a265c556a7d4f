"""A download from a server on this machine: cut, gone on with, given up; what is asked for and what is sent."""

import io
import os
import socket
import time

import pytest
from child import wait_until
from weights_server import WeightsServer, alone_with_the_server, made_up, other_process, serve, status, toy_card

from orangecontrib.imaging.core import transfer, transfer_plan
from orangecontrib.imaging.core.download import fetch_weights
from orangecontrib.imaging.core.errors import Cancelled, OutputError, WeightsError
from orangecontrib.imaging.core.transfer import part_path

CONTENT = made_up()
SIZE = len(CONTENT)
HALF = SIZE // 2


@pytest.fixture(autouse=True)
def places(monkeypatch, tmp_path):
    alone_with_the_server(monkeypatch, tmp_path.with_name(f"{tmp_path.name}-hub"))


@pytest.fixture
def server():
    with WeightsServer(CONTENT) as server:
        yield server


@pytest.fixture
def fetch(server, tmp_path):
    """Fetch the toy network's file; gives its path."""
    def fetch(**options):
        return fetch_weights(toy_card(CONTENT, server.url), tmp_path, **options)
    return fetch


def assert_alone_and_whole(path):
    assert path.read_bytes() == CONTENT
    assert os.listdir(path.parent) == [path.name]


def kept(folder):
    return part_path(folder / toy_card(CONTENT).weights.file)


def test_a_download_is_placed_whole_and_its_progress_reaches_all_of_it(server, fetch):
    told = []
    path = fetch(on_progress=lambda done, total: told.append((done, total)))
    assert_alone_and_whole(path)
    assert server.sent == [(0, SIZE)]
    assert server.ranges == [None]
    assert {total for _, total in told} == {SIZE}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (SIZE, SIZE)


def test_after_a_cut_only_the_rest_is_asked_for_and_sent(server, fetch):
    server.answers.append(serve(upto=HALF))
    assert_alone_and_whole(fetch())
    assert server.ranges == [None, f"bytes={HALF}-"]
    assert server.asked[1].if_range == '"first"'
    assert server.sent == [(0, HALF), (HALF, SIZE - HALF)]


def test_a_body_in_chunks_without_a_size_is_taken_and_gone_on_with(server, fetch):
    told = []
    server.answers += [serve(chunked=True, upto=HALF), serve(chunked=True)]
    assert_alone_and_whole(fetch(on_progress=lambda done, total: told.append((done, total))))
    assert server.sent == [(0, HALF), (HALF, SIZE - HALF)]
    assert told[-1] == (SIZE, SIZE)


def test_a_server_that_ignores_the_range_sends_all_and_the_part_is_not_added_to(server, fetch):
    server.answers += [serve(upto=HALF), serve(ranges=False)]
    assert_alone_and_whole(fetch())
    assert server.sent == [(0, HALF), (0, SIZE)]


def test_a_server_that_goes_on_elsewhere_is_asked_for_all(server, fetch):
    server.answers += [serve(upto=HALF), serve(at=HALF + 7)]
    assert_alone_and_whole(fetch())
    assert server.ranges == [None, f"bytes={HALF}-", None]


def test_without_a_mark_of_its_version_a_part_is_not_gone_on_with(server, fetch):
    server.answers += [serve(upto=HALF, version=False), serve()]
    assert_alone_and_whole(fetch())
    assert server.ranges == [None, None]


def test_the_part_of_another_version_is_thrown_away(server, fetch, tmp_path):
    kept(tmp_path).write_bytes(made_up(HALF, seed=1))
    kept(tmp_path).with_name(f"{kept(tmp_path).name}.version").write_text('"older"')
    assert_alone_and_whole(fetch())
    assert (server.asked[0].range, server.asked[0].if_range) == (f"bytes={HALF}-", '"older"')
    assert server.sent == [(0, SIZE)]


@pytest.mark.parametrize("mark", [b"", b'"first"\r\nHost: elsewhere', "ä".encode()])
def test_a_part_whose_version_is_damaged_is_not_gone_on_with(server, fetch, tmp_path, mark):
    kept(tmp_path).write_bytes(made_up(HALF, seed=1))
    kept(tmp_path).with_name(f"{kept(tmp_path).name}.version").write_bytes(mark)
    assert_alone_and_whole(fetch())
    assert server.ranges == [None]


def test_a_part_that_is_whole_is_not_sent_again(server, fetch, tmp_path):
    kept(tmp_path).write_bytes(CONTENT)
    kept(tmp_path).with_name(f"{kept(tmp_path).name}.version").write_text('"first"')
    server.answers.append(status(416, Content_Range=f"bytes */{SIZE}"))
    assert_alone_and_whole(fetch())
    assert server.sent == [416]


@pytest.mark.parametrize("chunked", [False, True])
def test_no_more_is_taken_than_was_announced(server, fetch, chunked):
    server.answers += [serve(upto=HALF), serve(body=CONTENT + b"more", announced=-4, chunked=chunked)]
    assert_alone_and_whole(fetch())
    assert len(server.asked) == 2


def test_a_server_that_is_busy_or_hangs_up_is_asked_again(server, fetch):
    server.answers += [status(503), status(429), status(500), lambda handler: None]
    assert_alone_and_whole(fetch())
    assert server.sent == [503, 429, 500, (0, SIZE)]
    assert len(server.asked) == 5


def test_a_server_that_stays_busy_is_given_up_after_five_tries(server, fetch, tmp_path):
    server.answers += [status(503)] * 6
    with pytest.raises(WeightsError) as caught:
        fetch()
    assert len(server.asked) == 5
    name = toy_card(CONTENT).weights.file
    assert str(caught.value) == (
        f"The weights of Toy could not be downloaded from {server.url}{name}: the server answered 503 (Service "
        f"Unavailable). Try again later, or put {name}, brought by other means, into {tmp_path}.")


@pytest.mark.parametrize(("code", "phrase"), [(404, "Not Found"), (403, "Forbidden"), (410, "Gone")])
def test_a_refusal_is_told_at_once(server, fetch, code, phrase):
    server.answers.append(status(code))
    with pytest.raises(WeightsError, match=rf"the server answered {code} \({phrase}\)"):
        fetch()
    assert server.sent == [code]


def test_a_server_that_cuts_without_end_is_given_up_and_what_came_is_kept(server, fetch, tmp_path):
    server.answers += [serve(upto=HALF)] * 9
    with pytest.raises(WeightsError, match=r"broke off after 1\.5 MB of 3\.0 MB\. What came is kept\. Try again later"):
        fetch()
    assert len(server.asked) == 5
    assert kept(tmp_path).read_bytes() == CONTENT[:HALF]


def test_a_line_that_breaks_after_every_megabyte_still_brings_the_file(server, fetch, monkeypatch):
    monkeypatch.setattr(transfer_plan, "GETTING_ON_BYTES", SIZE // 16)
    server.answers += [serve(upto=SIZE * number // 12) for number in range(1, 12)]
    assert_alone_and_whole(fetch())
    assert sum(count for _, count in server.sent) == SIZE


def test_a_server_that_falls_silent_is_asked_again(server, fetch, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT_S", 0.2)
    server.answers.append(serve(pieces=HALF, pause=server.going_on.wait))
    started = time.monotonic()
    assert_alone_and_whole(fetch())
    assert time.monotonic() - started < 10
    assert server.ranges == [None, f"bytes={HALF}-"]


def test_a_drip_is_given_up_with_a_sentence_and_kept(server, fetch, monkeypatch, tmp_path):
    monkeypatch.setattr(transfer_plan, "SLOW_WINDOW_S", 0.2)
    server.answers.append(serve(upto=2000, pieces=10, pause=lambda: server.going_on.wait(0.02)))
    with pytest.raises(WeightsError, match=r"less than 1 kB/s came for 0\.2 s\. What came is kept"):
        fetch()
    part = kept(tmp_path).read_bytes()
    assert 0 < len(part) < 200
    assert CONTENT.startswith(part)


@pytest.mark.parametrize(("body", "size"), [(b"<html>Log in", "0.0 kB"), (made_up(SIZE * 2 + 2**20), "7.0 MB")])
def test_a_size_that_cannot_be_right_is_refused_before_a_byte_is_written(server, fetch, tmp_path, body, size):
    server.answers += [serve(upto=HALF), serve(ranges=False, body=body)]
    with pytest.raises(WeightsError, match=rf"the server sends {size}, where 3\.0 MB were expected"):
        fetch()
    assert kept(tmp_path).read_bytes() == CONTENT[:HALF]


@pytest.mark.parametrize("body", [b"<html>Log in", made_up(SIZE * 3)], ids=["page", "endless"])
def test_a_wrong_size_that_was_not_announced_is_noticed_and_nothing_is_kept(server, fetch, tmp_path, body):
    server.answers.append(serve(chunked=True, body=body))
    with pytest.raises(WeightsError, match=r"where 3\.0 MB were expected"):
        fetch()
    assert not kept(tmp_path).exists()


def test_a_server_may_send_on_and_the_range_goes_along(server, fetch):
    server.answers += [serve(upto=HALF), status(302, Location=f"{server.url}elsewhere")]
    assert_alone_and_whole(fetch())
    assert [one.path for one in server.asked][1:] == [f"/{toy_card(CONTENT).weights.file}", "/elsewhere"]
    assert server.ranges == [None, f"bytes={HALF}-", f"bytes={HALF}-"]


@pytest.mark.parametrize("address", ["file://{file}", "ftp://127.0.0.1/x", "data:,x"])
def test_a_server_that_sends_on_to_a_file_or_to_ftp_is_not_followed(server, fetch, tmp_path_factory, address):
    file = tmp_path_factory.mktemp("secret") / "file"
    file.write_bytes(CONTENT)
    server.answers.append(status(302, Location=address.format(file=file)))
    with pytest.raises(WeightsError, match="sends on to another address, in a circle or to one that is neither http"):
        fetch()
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/", "", "x.pth"])
def test_other_addresses_than_http_and_https_are_not_asked(tmp_path, url):
    with pytest.raises(WeightsError, match=r"only http and https addresses are asked|There is nothing to fetch"):
        fetch_weights(toy_card(CONTENT, url), tmp_path)


def test_without_a_connection_the_file_its_address_and_its_folder_are_named_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer_plan, "PAUSE_S", 1.0)
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    card = toy_card(CONTENT, url)
    with pytest.raises(WeightsError) as caught:
        fetch_weights(card, tmp_path)
    assert time.monotonic() - started < 10
    assert str(caught.value) == (
        f"The weights of Toy could not be downloaded from {url}{card.weights.file}: no connection could be made "
        f"(Connection refused). Try again later, or put {card.weights.file}, brought by other means, into {tmp_path}.")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a b\x7f/", f"http://{'a' * 70}.test/", "http:///"])
def test_an_impossible_address_is_told(tmp_path, url):
    with pytest.raises(WeightsError, match="no connection could be made"):
        fetch_weights(toy_card(CONTENT, url), tmp_path)


def test_the_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    card = toy_card(CONTENT, "http://weights.test/models/")
    assert_alone_and_whole(fetch_weights(card, tmp_path))
    assert [one.path for one in server.asked] == [card.weights.url]


def test_cancelling_keeps_the_part_and_the_next_call_goes_on_with_it(server, fetch, tmp_path):
    done = []
    server.answers.append(serve(pieces=HALF, pause=lambda: server.going_on.wait(0.3)))
    with pytest.raises(Cancelled, match=r"What came is kept for the next time\."):
        fetch(on_progress=lambda now, total: done.append(now), cancelled=lambda: bool(done) and done[-1] >= HALF // 2)
    assert kept(tmp_path).read_bytes() == CONTENT[:done[-1]]
    assert_alone_and_whole(fetch())
    assert server.ranges[1] == f"bytes={done[-1]}-"


def test_a_pause_can_be_cancelled(server, fetch, monkeypatch):
    monkeypatch.setattr(transfer_plan, "PAUSE_S", 20.0)
    server.answers.append(status(503))
    started = time.monotonic()
    with pytest.raises(Cancelled):
        fetch(cancelled=lambda: time.monotonic() - started > 0.2)
    assert time.monotonic() - started < 10


def test_a_download_that_was_killed_half_way_is_gone_on_with(server, fetch, tmp_path):
    server.answers.append(serve(pieces=HALF, pause=server.going_on.wait))
    child = other_process(server, tmp_path)
    assert wait_until(lambda: kept(tmp_path).exists() and kept(tmp_path).stat().st_size == HALF)
    child.kill()
    child.communicate()
    assert_alone_and_whole(fetch())
    assert server.ranges[1] == f"bytes={HALF}-"
    assert server.sent[1] == (HALF, SIZE - HALF)


def test_a_disk_that_runs_full_while_writing_is_told_and_the_part_is_gone_on_with(server, fetch, monkeypatch, tmp_path):
    class Full(io.FileIO):
        def write(self, piece):
            if self.tell() >= HALF:
                raise OSError(28, "No space left on device")
            return super().write(piece)

    with monkeypatch.context() as patched:
        patched.setattr(transfer, "open", Full, raising=False)
        with pytest.raises(OutputError, match=rf"^Toy needs 3\.0 MB in {tmp_path}, where .* are free\. Free some"):
            fetch()
    here = kept(tmp_path).stat().st_size
    assert HALF <= here < SIZE
    assert_alone_and_whole(fetch())
    assert server.ranges[1] == f"bytes={here}-"
