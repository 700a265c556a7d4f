"""A folder of shards tells what it is of; a run joins another of the same kind, and is refused by any other."""

import json
import os
import time
from dataclasses import replace

import pytest

pytest.importorskip("pyarrow")

import pyarrow
from full_disk import full_disk
from made_shards import identity, listing, manifest, write

from orangecontrib.imaging.core.comparable import comparable
from orangecontrib.imaging.core.errors import OutputError, UnknownNetwork, WrongUse
from orangecontrib.imaging.core.options import Options
from orangecontrib.imaging.core.reading import Reading
from orangecontrib.imaging.core.shards import manifest as manifest_module
from orangecontrib.imaging.core.shards.files import aside_path, missing_shards, shard_path, skipped_path, write_aside
from orangecontrib.imaging.core.shards.job import Job
from orangecontrib.imaging.core.shards.listing import Listing
from orangecontrib.imaging.core.shards.manifest import MANIFEST, begin, finish, plan, read_manifest

DAY_S = 24 * 3600


@pytest.fixture
def pictures():
    return listing(17)


@pytest.fixture
def run(pictures):
    return manifest(pictures)


def refused(out, wanted):
    with pytest.raises(WrongUse) as caught:
        begin(out, wanted)
    return str(caught.value)


def test_a_run_makes_the_folder_and_tells_of_itself(tmp_path, run):
    out = tmp_path / "a" / "b"
    assert begin(out, run) == (run, False)
    assert os.listdir(out) == [MANIFEST]
    assert read_manifest(out) == run
    assert (run.shards, run.is_complete, run.vectors) == (3, False, 0)


def test_the_manifest_can_be_read_by_people_and_other_programs(tmp_path, run, pictures):
    begin(tmp_path, run)
    write(tmp_path, run, pictures, [0], skipped=[3])
    finish(tmp_path)
    text = (tmp_path / MANIFEST).read_text()
    told = json.loads(text)
    assert text.count("\n") > 30
    assert (told["kind"], told["format"], told["pictures"], told["shards"]) == ("orange-imaging shards", 1, 17, 3)
    assert (told["vectors"], told["skipped"], told["is_complete"]) == (6, 1, False)
    assert told["identity"][0]["network"] == "squeezenet"
    assert told["identities"] == [json.loads(identity())]
    assert told["done"]["0"]["bytes"] == shard_path(tmp_path, 0).stat().st_size


def test_a_second_run_of_the_same_joins_the_first_and_keeps_what_it_told(tmp_path, run):
    begin(tmp_path, run)
    there = (tmp_path / MANIFEST).read_bytes()
    again = replace(run, begun="2025-01-01T00:00:00+00:00", root="/mounted/elsewhere", versions={"python": "3.13"})
    assert begin(tmp_path, again) == (run, True)
    assert (tmp_path / MANIFEST).read_bytes() == there


def test_pictures_of_the_same_names_in_another_folder_are_others(tmp_path, run):
    plates = [str(tmp_path / name) for name in ("plate 1", "plate 2")]
    for plate in plates:
        os.mkdir(plate)
    os.symlink(plates[0], tmp_path / "link")
    begin(tmp_path / "out", replace(run, root=plates[0]))
    assert begin(tmp_path / "out", replace(run, root=str(tmp_path / "link")))[1]
    with pytest.raises(WrongUse, match=rf"mixed: the pictures were in {plates[0]} and are in {plates[1]} now, "
                                       r"which are two folders\. Choose another folder with -o, or remove this one\."):
        begin(tmp_path / "out", replace(run, root=plates[1]))
    begin(tmp_path / "served", replace(run, root="s3://screen/1"))
    with pytest.raises(WrongUse, match="the pictures were in s3://screen/1 and are in s3://screen/2 now"):
        begin(tmp_path / "served", replace(run, root="s3://screen/2"))


def test_a_run_that_lost_the_race_to_be_first_joins(tmp_path, run, monkeypatch):
    really = manifest_module._write

    def late(out, told, replaces):
        if not replaces:
            really(out, run, replaces=False)
        really(out, told, replaces)

    monkeypatch.setattr(manifest_module, "_write", late)
    assert begin(tmp_path, replace(run, begun="2025-01-01T00:00:00+00:00")) == (run, True)


def test_a_run_that_lost_the_race_to_another_kind_is_refused(tmp_path, run, monkeypatch):
    really = manifest_module._write

    def late(out, told, replaces):
        really(out, replace(run, shard_size=9), replaces=False)
        really(out, told, replaces)

    monkeypatch.setattr(manifest_module, "_write", late)
    assert "a shard had 9 pictures and has 7 now" in refused(tmp_path, run)


def test_a_run_on_another_device_and_torch_joins(tmp_path, run):
    begin(tmp_path, run)
    other = comparable(identity(device="cuda", engine="torch 2.14.0", batch=64, decoders=["pillow 13"]))
    assert begin(tmp_path, replace(run, identity=other))[1]


@pytest.mark.parametrize(("change", "clause"), [
    ({"network": "resnet50", "weights": "ef" * 32}, "the network was squeezenet and is resnet50 now"),
    ({"weights": "ef" * 32}, "the weights of squeezenet are others (their SHA-256 began with abababababababab and "
                             "begins with efefefefefefefef now)"),
    ({"options": {"layers": ["logits"], "fit": "stretch"}},
     "the option “layers” was “penultimate” and is “logits” now"),
    ({"options": {"layers": ["penultimate"], "fit": "dense", "scales": [256, 384]}},
     "the option “fit” was “stretch” and is “dense” now; the option “scales” was “not told” and is “256+384” now"),
    ({"reading": {"projection": "middle"}}, "“Planes” was “Maximum projection” and is “Middle plane” now"),
    ({"reading": {"what": "a newer one"}}, "“what” was “not told” and is “a newer one” now"),
    ({"preprocess": 4, "readers": 6},
     "pictures are prepared otherwise for squeezenet (preprocess, readers), by another "
     "version of this add-on or of the network's description"),
])
def test_another_embedding_is_refused_with_the_difference_named(tmp_path, run, change, clause):
    begin(tmp_path, run)
    there = (tmp_path / MANIFEST).read_bytes()
    said = refused(tmp_path, replace(run, identity=comparable(identity(**change))))
    assert said.startswith(f"{tmp_path}: the shards there are of another run, with which this one cannot be mixed: ")
    assert clause in said
    assert said.endswith(". Choose another folder with -o, or remove this one.")
    assert (tmp_path / MANIFEST).read_bytes() == there


def test_networks_side_by_side_are_told(tmp_path, run):
    begin(tmp_path, run)
    both = {"side by side": [json.loads(identity()), json.loads(identity(network="vgg16"))]}
    twice = {"side by side": [json.loads(identity()), json.loads(identity())]}
    assert "the network was squeezenet and is squeezenet and vgg16 now" in refused(
        tmp_path, replace(run, identity=comparable(json.dumps(both))))
    assert "the channels or networks side by side were 1 and are 2 now" in refused(
        tmp_path, replace(run, identity=comparable(json.dumps(twice))))


def test_other_pictures_columns_or_sizes_are_refused_with_then_and_now(tmp_path, run, pictures):
    begin(tmp_path, run)
    assert ": there were 17 pictures and are 18 now. If pictures were added" in refused(tmp_path, manifest(listing(18)))
    turned = Listing("plates", "/pictures", pictures.table.take(list(range(16, -1, -1))))
    assert ": the 17 pictures have other names, another order or other values than then. " in refused(
        tmp_path, manifest(turned))
    assert (": the columns carried along were well (string), dose (double) and are none now. Choose" in
            refused(tmp_path, manifest(listing(17, carried=False))))
    assert ": a shard had 7 pictures and has 2,000 now (--shard-size 7 would join). Choose" in refused(
        tmp_path, replace(run, shard_size=2000))


def test_all_differences_are_told_at_once(tmp_path, run):
    begin(tmp_path, run)
    said = refused(tmp_path, manifest(listing(18), 9, identity=comparable(identity(weights="ef" * 32))))
    assert [part in said for part in ("weights", "18 now", "has 9 now")] == [True] * 3


def test_other_files_in_the_folder_are_no_obstacle_and_stay(tmp_path, run, pictures):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "shard-1.parquet").write_text("mine too")
    begin(tmp_path, run)
    write(tmp_path, run, pictures)
    assert finish(tmp_path).is_complete
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "shard-1.parquet").read_text() == "mine too"


@pytest.mark.parametrize("name", ["shard-00003.parquet", "skipped-00000.parquet", "aside-123456.parquet"])
def test_files_that_shards_would_replace_are_refused(tmp_path, run, name):
    (tmp_path / name).write_text("mine")
    said = refused(tmp_path, run)
    assert said == (f"{tmp_path}: {name} is there, but no manifest.json that tells what it is of, and it is not "
                    "of this run. Choose another folder with -o, or move this file away.")
    assert os.listdir(tmp_path) == [name]


def test_what_a_run_left_unfinished_does_not_bar_its_way_when_the_manifest_is_gone(tmp_path, run, pictures):
    write(tmp_path, run, pictures)
    whole = skipped_path(tmp_path, 2).read_bytes()
    skipped_path(tmp_path, 0).unlink()  # killed between the two files
    skipped_path(tmp_path, 1).unlink()
    shard_path(tmp_path, 1).unlink()
    write_aside(tmp_path, 1, pictures.piece(1, 7), run.heading, "it ended its workers")
    assert begin(tmp_path, run) == (run, False)
    assert missing_shards(tmp_path, run) == [0, 1]
    assert finish(tmp_path).aside == {1: "it ended its workers"}
    write(tmp_path, run, pictures, [0, 1])
    assert finish(tmp_path).is_complete
    assert skipped_path(tmp_path, 2).read_bytes() == whole


@pytest.mark.parametrize(("shard_size", "count", "changes"), [
    (7, 17, {"weights": "ef" * 32}), (7, 18, {}), (6, 17, {})])
def test_what_another_run_left_unfinished_is_refused(tmp_path, run, shard_size, count, changes):
    pictures = listing(count)
    other = manifest(pictures, shard_size, identity=comparable(identity(**changes)))
    write(tmp_path, other, pictures, [1], **changes)
    skipped_path(tmp_path, 1).unlink()
    assert f"{tmp_path}: shard-00001.parquet is there, but no manifest.json" in refused(tmp_path, run)


def test_a_shard_of_the_same_pictures_cut_otherwise_is_refused(tmp_path, run, pictures):
    write(tmp_path, replace(run, shard_size=9), pictures, [0])
    assert f"{tmp_path}: shard-00000.parquet is there, but no manifest.json" in refused(tmp_path, run)


@pytest.mark.parametrize(("number", "count"), [(1, 18), (3, 17)])
def test_a_shard_that_another_run_set_aside_is_refused(tmp_path, run, number, count):
    other = manifest(listing(count), 5)
    write_aside(tmp_path, number, listing(count).piece(number, 5), other.heading, "it ended its workers")
    assert f"{tmp_path}: aside-0000{number}.parquet is there, but no manifest.json" in refused(tmp_path, run)


@pytest.mark.parametrize("name", ["path", "vector", "reason"])
def test_a_column_of_a_name_that_shards_use_is_refused(tmp_path, run, name):
    assert refused(tmp_path / "out", replace(run, columns={name: "string"})) == (
        f"A column named {name!r} cannot be carried along, for shards have one of their own. Rename it in the list.")
    assert not (tmp_path / "out").exists()


def test_a_column_of_a_kind_that_cannot_be_written_is_refused(tmp_path, run):
    kind = str(pyarrow.list_(pyarrow.int8()))
    assert refused(tmp_path / "out", replace(run, columns={"many": kind})) == (
        "The column 'many' cannot be carried along: its values are of the type list<item: int8>. Make them texts or "
        "numbers, or leave the column out of the list.")


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path, run):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match=r"out: cannot be written"):
        begin(tmp_path / "out", run)
    with pytest.raises(WrongUse, match=r"out: there are no shards here"):
        read_manifest(tmp_path / "out")


@pytest.mark.parametrize(("content", "said"), [
    (b'{"kind": "orange-imaging shards", "form', "the file is damaged (Unterminated string"),
    (b"\xff\xfe", "the file is damaged ("),
    (b"", "the file is damaged ("),
    (b'{"name": "a web page", "icons": []}', "this file is of another program, and tells of no shards. Choose"),
    (b"[]", "this file is of another program"),
    (b'{"kind": "orange-imaging shards", "format": 2}', "it was written by a newer version of this add-on (format 2; "
                                                        "this version reads 1). Use that version, or another folder."),
    (b'{"kind": "orange-imaging shards", "format": 1}', "the file is damaged (wrong or missing: "),
])
def test_a_manifest_that_is_damaged_foreign_or_newer_is_named_and_stays(tmp_path, run, content, said):
    (tmp_path / MANIFEST).write_bytes(content)
    for attempt in (lambda: begin(tmp_path, run), lambda: read_manifest(tmp_path), lambda: finish(tmp_path)):
        with pytest.raises(WrongUse) as caught:
            attempt()
        assert str(caught.value).startswith(f"{tmp_path / MANIFEST}: {said}")
    assert (tmp_path / MANIFEST).read_bytes() == content


@pytest.mark.parametrize("damage", [{"done": {"x": {}}}, {"done": {"0": {"identity": 5}}}, {"done": []},
                                    {"identities": 3}, {"done": {"0": 1}}])
def test_a_manifest_with_parts_of_the_wrong_kind_is_damaged(tmp_path, run, damage):
    begin(tmp_path, run)
    told = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**told, **damage}))
    with pytest.raises(WrongUse, match=r"the file is damaged \(wrong or missing: "):
        read_manifest(tmp_path)


def test_a_folder_without_a_manifest_is_no_folder_of_shards(tmp_path):
    with pytest.raises(WrongUse, match=r"there are no shards here, for there is no manifest\.json\. Give the folder"):
        read_manifest(tmp_path)


def test_the_end_records_what_is_done_and_by_what_engines(tmp_path, run, pictures):
    begin(tmp_path, run)
    one = write(tmp_path, run, pictures, [0])
    other = write(tmp_path, run, pictures, [1, 2], skipped=[1], device="cuda", engine="torch 2.14.0")
    done = finish(tmp_path)
    assert done == read_manifest(tmp_path)
    assert list(done.done.values()) == [*one, *other]
    assert (done.is_complete, done.vectors, done.skipped) == (True, 15, 2)
    assert done.engines == {"cpu, torch 2.13.0": 1, "cuda, torch 2.14.0": 2}


def test_the_end_of_a_run_that_did_nothing_writes_nothing(tmp_path, run, pictures):
    begin(tmp_path, run)
    write(tmp_path, run, pictures)
    finish(tmp_path)
    before = (tmp_path / MANIFEST).stat()
    finish(tmp_path)
    assert (tmp_path / MANIFEST).stat() == before


def test_shards_that_were_removed_are_not_told_any_more(tmp_path, run, pictures):
    begin(tmp_path, run)
    write(tmp_path, run, pictures)
    finish(tmp_path)
    shard_path(tmp_path, 1).unlink()
    assert list(finish(tmp_path).done) == [0, 2]


def test_shards_set_aside_are_told_until_they_are_done(tmp_path, run, pictures):
    begin(tmp_path, run)
    write_aside(tmp_path, 1, pictures.piece(1, 7), run.heading, "it ended three workers")
    write(tmp_path, run, pictures, [0, 2])
    told = finish(tmp_path)
    assert (told.aside, told.is_complete) == ({1: "it ended three workers"}, False)
    assert read_manifest(tmp_path) == told
    aside = aside_path(tmp_path, 1).read_bytes()
    write(tmp_path, run, pictures, [1])
    aside_path(tmp_path, 1).write_bytes(aside)  # another computer set it aside later
    assert (finish(tmp_path).aside, finish(tmp_path).is_complete) == ({}, True)


def test_of_two_that_end_at_once_the_last_one_tells_all(tmp_path, run, pictures, monkeypatch):
    begin(tmp_path, run)
    write(tmp_path, run, pictures, [0])
    really, overtaken = manifest_module._write, []

    def slow(out, told, replaces):
        if not overtaken:  # the other finishes its shards, and writes its manifest, before this one's gets its place
            overtaken.append(told)
            write(out, run, pictures, [1, 2])
            assert finish(out).is_complete
        really(out, told, replaces)

    monkeypatch.setattr(manifest_module, "_write", slow)
    finish(tmp_path)
    assert list(overtaken[0].done) == [0]
    assert list(read_manifest(tmp_path).done) == [0, 1, 2]


def test_who_ends_does_not_wait_for_others_who_go_on(tmp_path, run, pictures, monkeypatch):
    begin(tmp_path, run)
    looks, really = [], manifest_module.Looking.look

    def another_one_each_time(self, heading):
        looks.append(len(looks))
        assert len(looks) < 50
        return really(self, heading)[0], {2: f"it ended {len(looks)} workers"}

    monkeypatch.setattr(manifest_module.Looking, "look", another_one_each_time)
    assert finish(tmp_path).aside == {2: f"it ended {len(looks)} workers"}
    assert len(looks) == 5


def test_a_shard_that_is_made_anew_while_a_run_ends_is_told_as_it_is_then(tmp_path, run, pictures, monkeypatch):
    begin(tmp_path, run)
    write(tmp_path, run, pictures)
    really, anew = manifest_module._write, []

    def slow(out, told, replaces):
        really(out, told, replaces)
        if not anew:
            anew.extend(write(out, run, pictures, [1], seed=5))

    monkeypatch.setattr(manifest_module, "_write", slow)
    finish(tmp_path)
    assert read_manifest(tmp_path).done[1] == anew[0]


def test_what_killed_runs_left_is_removed_after_a_day_and_nothing_else(tmp_path, run):
    begin(tmp_path, run)
    letters, old = "0123456789abcdef" * 2, time.time() - DAY_S - 60
    gone = [f".orange-imaging-{letters}.parquet", f".orange-imaging-{letters}.json"]
    stay = [f".orange-imaging-{letters}.npz", f".orange-imaging-{letters[:31]}.parquet",
            f"orange-imaging-{letters}.json", f".orange-imaging-{letters}.parquet.mine"]
    young = f".orange-imaging-{letters[::-1]}.parquet"
    for name in (*gone, *stay, young):
        (tmp_path / name).write_text("x")
        if name != young:
            os.utime(tmp_path / name, (old, old))
    finish(tmp_path)
    assert set(os.listdir(tmp_path)) == {*stay, young, MANIFEST}


def test_a_full_disk_keeps_the_manifest_that_was_there(tmp_path, run, pictures):
    begin(tmp_path, run)
    write(tmp_path, run, pictures)
    with full_disk(100), pytest.raises(OutputError, match=r"manifest\.json: cannot be written \(file too large"):
        finish(tmp_path)
    assert read_manifest(tmp_path) == run
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_a_plan_tells_all_of_listing_and_job(pictures):
    job = Job("squeezenet", Options(layers=("logits",)), Reading(projection="middle"), "cpu")
    made = plan(pictures, job, 5)
    assert (made.pictures, made.shard_size, made.shards, made.dimension) == (17, 5, 4, 1000)
    assert (made.title, made.root, made.digest, made.columns) == (
        "plates", "/pictures", pictures.digest, {"well": "string", "dose": "double"})
    assert (made.model, made.options["layers"], made.reading) == ("squeezenet", ["logits"], {"projection": "middle"})
    assert json.loads(made.identity)[0]["options"]["layers"] == ["logits"]
    assert {"orange3-imaging", "python", "torch", "pyarrow"} <= made.versions.keys()


def test_a_plan_of_what_cannot_be_is_refused(pictures):
    with pytest.raises(WrongUse, match="A shard of 0 pictures cannot be: give a shard size of at least 1"):
        plan(pictures, Job("squeezenet", device="cpu"), 0)
    with pytest.raises(UnknownNetwork):
        plan(pictures, Job("squeeznet", device="cpu"), 7)


def test_a_plan_that_was_written_is_read_as_it_was(tmp_path, pictures):
    made = plan(pictures, Job("squeezenet", device="cpu"), 5)
    begin(tmp_path, made)
    assert read_manifest(tmp_path) == made
    assert missing_shards(tmp_path, made) == [0, 1, 2, 3]
