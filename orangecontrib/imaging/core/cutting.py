"""Cut the slides of a scanned folder into tiles: each tile becomes a picture of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .errors import Cancelled, UnreadableImage, WrongUse
from .folders import Scan
from .formats import SLIDE
from .found import FoundImage, Skipped
from .images import probe_image, read_image
from .stack import ImageInfo, reduction
from .tiles import TilePlace, Tiling, plan_tiles
from .tissue import tissue_tiles

MAX_TILES = 200_000  # rows of one import
NO_TISSUE = "no tissue was found on it, only empty glass"


@dataclass(frozen=True)
class SlideTiles:
    """A slide that was looked at.

    Attributes:
        info: of the slide in its full resolution.
        places: (n, 2) int64, left and top of its tiles; at most one more than `MAX_TILES`.
    """

    info: ImageInfo
    places: NDArray[np.int64]


LookAtSlide = Callable[[str, Tiling], SlideTiles]


def look_at_slide(path: str, tiling: Tiling) -> SlideTiles:
    """The tiles of one slide.

    Raises:
        UnreadableImage: as `images.read_image`; or its tiles would be smaller than the pixels of its overview.
    """
    info = probe_image(path)
    width, height = info.full_size
    times = reduction(width, height, smallest=True)
    if tiling.side_px < times:
        raise UnreadableImage(path, f"tiles of {tiling.side_px} pixels are too small for a slide of {width:,} × "
                                    f"{height:,} pixels; choose at least {times}")
    if tiling.leaves_out_glass:
        places = tissue_tiles(read_image(path).pixels, width, height, tiling.side_px)
    else:
        places = plan_tiles(width, height, tiling.side_px)
    size_um = info.pixel_size_um / times if info.pixel_size_um else None
    whole = replace(info, width=width, height=height, full_width=0, full_height=0, pixel_size_um=size_um)
    return SlideTiles(whole, places[:MAX_TILES + 1])


def has_slides(scan: Scan) -> bool:
    """Whether there are slides among the pictures, whole or in tiles, or among those that were left out."""
    return any(SLIDE.has_name(one.tile.slide if one.tile else one.path) for one in scan.images) or any(
        SLIDE.has_name(one.path) for one in scan.skipped)


def cut_slides(scan: Scan, tiling: Tiling, look: LookAtSlide = look_at_slide, *,
               on_progress: Callable[[int, int], None] | None = None,
               cancelled: Callable[[], bool] | None = None) -> Scan:
    """The scan with the tiles of each slide in its place, row by row; other pictures stay.

    A slide without a tile is skipped, with its reason. Files that were joined to pictures are no slides.

    Args:
        scan: what `folders.scan_folder` found.
        look: `look_at_slide`, or the same in a child process.
        on_progress: called with (done, total) slides.
        cancelled: asked before each slide; True ends the work.

    Raises:
        WrongUse: there would be more than 200,000 tiles.
        Cancelled: `cancelled` returned True.
    """
    slides = [] if scan.channels else [image for image in scan.images if SLIDE.has_name(image.path)]
    tiles: dict[str, list[FoundImage]] = {}
    skipped: list[Skipped] = []
    for done, slide in enumerate(slides, 1):
        if cancelled and cancelled():
            raise Cancelled("The import was cancelled.")
        try:
            tiles[slide.path] = list(_tiles(slide, look(slide.path, tiling), tiling.side_px))
        except UnreadableImage as error:
            skipped.append(Skipped(-1, slide.path, error.reason))
        _check_count(sum(map(len, tiles.values())), tiling)
        if on_progress:
            on_progress(done, len(slides))
    images = [one for image in scan.images for one in tiles.get(image.path, [image])]
    left_out = {one.path for one in skipped}
    return replace(scan, images=tuple(image for image in images if image.path not in left_out),
                   skipped=(*skipped, *scan.skipped))


def _tiles(slide: FoundImage, found: SlideTiles, side_px: int) -> Iterator[FoundImage]:
    """The pictures that one slide gives. Raises UnreadableImage: none."""
    if not len(found.places):
        raise UnreadableImage(slide.path, NO_TISSUE)
    for left, top in found.places.tolist():
        place = TilePlace(slide.path, side_px, left, top)
        width, height = place.size_in(found.info.width, found.info.height)
        yield FoundImage(place.path, f"{slide.name}/{place.name}", slide.category,
                         replace(found.info, width=width, height=height), place)


def _check_count(count: int, tiling: Tiling) -> None:
    if count > MAX_TILES:
        less = "" if tiling.leaves_out_glass else "leave out empty glass, "
        raise WrongUse(f"These slides would give more than {MAX_TILES:,} tiles of {tiling.side_px:,} pixels. Choose "
                       f"larger tiles, {less}or import fewer slides.")
