"""Embed a folder in shards by Dask: python on_dask.py PICTURES OUT [SCHEDULER], such as tcp://node17:8786."""

import os
import sys
from pathlib import Path

from orangecontrib.imaging.core.cluster.addresses import parse_scheduler
from orangecontrib.imaging.core.cluster.opening import open_cluster
from orangecontrib.imaging.core.cluster.shards import run_on_cluster
from orangecontrib.imaging.core.folders import scan_folder
from orangecontrib.imaging.core.shards.files import missing_shards
from orangecontrib.imaging.core.shards.job import Job
from orangecontrib.imaging.core.shards.listing import make_listing
from orangecontrib.imaging.core.shards.manifest import begin, finish, plan


def main(pictures, out, scheduler="local:2"):
    images = scan_folder(pictures).images
    listing = make_listing(pictures, os.path.abspath(pictures), [image.name for image in images])
    job = Job("squeezenet")
    manifest, _ = begin(Path(out), plan(listing, job, shard_size=2000))
    with open_cluster(parse_scheduler(scheduler), on_note=print) as cluster:
        run_on_cluster(Path(out), manifest, listing, job, missing_shards(Path(out), manifest), cluster, on_note=print)
    print(f"{finish(Path(out)).vectors} vectors")


if __name__ == "__main__":  # workers on this computer import this file, too
    main(*sys.argv[1:])
