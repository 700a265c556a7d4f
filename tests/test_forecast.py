"""The forecast of large runs reckons as it says."""

from dataclasses import replace

import pytest
from forecast import Site, Terms, forecast, seconds_here

TERMS = Terms(decode_s=0.004, forward_s=0.006, shard_s=0.5, task_s=0.01, start_s=5, read_bytes_s=1e9, picture_bytes=1e5,
              vector_bytes=2_000, listing_bytes=100, record_bytes=400, task_bytes=1e5, scheduler_bytes=1e8,
              worker_bytes=1e6)
SITE = Site(gpus=8, cores=16, gpu_rate=5000, storage_bytes_s=5e9)


def test_here_decoding_and_network_share_the_cores():
    assert seconds_here(TERMS, 1000, 100, workers=1, cores=2) == pytest.approx(5 + 1000 * 0.010 + 10 * (0.5 + 0.01))


def test_two_workers_on_two_cores_halve_the_computing_and_four_no_more():
    two, four = (seconds_here(TERMS, 800, 100, workers, cores=2) for workers in (2, 4))
    assert two == pytest.approx(5 + 400 * 0.010 + 4 * 0.5 + 8 * 0.01)
    assert four == pytest.approx(5 + 200 * 0.010 * 2 + 2 * 0.5 + 8 * 0.01)


def test_a_worker_with_one_shard_more_ends_last():
    assert (seconds_here(TERMS, 300, 100, workers=2, cores=2) - seconds_here(TERMS, 200, 100, workers=2, cores=2)
            == pytest.approx(100 * 0.010 + 0.5 + 0.01))


@pytest.mark.parametrize(("changes", "site", "stage"), [
    ({}, SITE, "decoding on their cores"),  # 8 x 16 / 0.004 s = 32,000 a second, waiting counted a little less
    ({"decode_s": 0.001}, SITE, "network on the cards"),
    ({}, replace(SITE, storage_bytes_s=1e9), "reading from shared disks"),
    ({"task_s": 1.0}, SITE, "handing out shards"),
    ({"vector_bytes": 2e6}, SITE, "writing to shared disks"),
])
def test_the_slowest_stage_sets_the_pace(changes, site, stage):
    terms = replace(TERMS, **changes)
    found = forecast(terms, site, 10_000_000, 2000)
    assert found.slowest == stage
    assert found.ceilings[stage] == min(found.ceilings.values())
    assert found.hours == pytest.approx((10_000_000 / found.ceilings[stage] + terms.start_s) / 3600, rel=0.01)


def test_eight_times_the_cards_are_eight_times_as_fast_until_the_disks_are_the_limit():
    few, many = (forecast(TERMS, replace(SITE, gpus=gpus, storage_bytes_s=5e10), 100_000_000, 2000) for gpus in (8, 64))
    assert few.hours / many.hours == pytest.approx(8, rel=0.02)
    slow_disks = forecast(TERMS, replace(SITE, gpus=64, storage_bytes_s=5e9), 100_000_000, 2000)
    assert slow_disks.slowest == "reading from shared disks"


def test_fewer_shards_than_cards_leave_cards_idle():
    few = forecast(TERMS, SITE, 4000, 2000)
    assert few.hours == pytest.approx((5 + 2000 * 0.004 / 16 + 0.5) / 3600)


def test_what_breaks_first_is_named_with_its_number():
    what, pictures = forecast(TERMS, SITE, 10_000_000, 2000).breaks
    assert what == "memory for the listing (24 GB)"
    assert pictures == pytest.approx(24e9 / 100)
    what, pictures = forecast(replace(TERMS, listing_bytes=1), SITE, 10_000_000, 100).breaks
    assert (what, pictures) == ("files in one folder (1,000,000)", 50_000_000)


def test_bytes_and_memory():
    found = forecast(TERMS, SITE, 10_000_000, 2000)
    assert (found.read_bytes, found.written_bytes, found.client_bytes) == (1e12, 2e10, 1e9)
    assert found.scheduler_bytes == 1e8 + 8 * 1e6 + 5000 * 1e5
