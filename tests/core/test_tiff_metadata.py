"""What a TIFF file says of its pictures is said of the picture that it belongs to, or not at all."""

import numpy as np
import pytest
from made import tiff

from orangecontrib.imaging.core.images import probe_image, read_image

OME = '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"{own}>{images}</OME>'
IMAGE = """<Image ID="Image:{number}"><AcquisitionDate>202{number}-01-01T00:00:00</AcquisitionDate>
<Pixels ID="Pixels:{number}" DimensionOrder="XYCZT" Type="uint16" SizeX="9" SizeY="7" SizeC="1" SizeZ="1" SizeT="1"
PhysicalSizeX="0.{number}" SignificantBits="1{number}">
<Channel ID="Channel:{number}" SamplesPerPixel="1" Name="{name}"/>
<TiffData IFD="0" PlaneCount="1"><UUID FileName="{file}">{uuid}</UUID></TiffData></Pixels></Image>"""
NAMES = ("none", "DAPI", "GFP")


def uuid(number):
    return f"urn:uuid:00000000-0000-0000-0000-00000000000{number}"


def write(path, own, files):
    """An OME-TIFF file that describes pictures 1 and 2, in these files."""
    images = "".join(IMAGE.format(number=number, name=NAMES[number], file=file, uuid=uuid(number))
                     for number, file in enumerate(files, 1))
    path.write_bytes(tiff(np.full((7, 9), 5, np.uint16), photometric="minisblack", metadata=None,
                          description=OME.format(own=own and f' UUID="{own}"', images=images)))
    return probe_image(path)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("says_its_uuid", [True, False])
def test_each_file_of_an_ome_set_says_what_is_said_of_its_own_picture(number, says_its_uuid, tmp_path):
    files = ("a.ome.tif", "b.ome.tif")
    info = write(tmp_path / files[number - 1], uuid(number) if says_its_uuid else "", files)
    assert (info.channel_names, info.pixel_size_um, info.bits) == ((NAMES[number],), number / 10, 10 + number)
    assert info.acquired == f"202{number}-01-01T00:00:00"


def test_of_a_set_that_does_not_name_the_file_nothing_is_said(tmp_path):
    info = write(tmp_path / "renamed.ome.tif", "", ("a.ome.tif", "b.ome.tif"))
    assert (info.channel_names, info.pixel_size_um, info.bits, info.acquired) == ((), None, 16, "")


def test_of_pictures_that_lie_in_one_file_of_a_set_none_is_taken_for_the_other(tmp_path):
    path, images = tmp_path / "a.ome.tif", ""
    for number, file in ((1, 1), (2, 1), (2, 2)):
        images += IMAGE.format(number=number, name=NAMES[number], file=f"{file}.ome.tif", uuid=uuid(file))
    path.write_bytes(tiff(np.zeros((2, 7, 9), np.uint16), photometric="minisblack", metadata=None,
                          description=OME.format(own=f' UUID="{uuid(1)}"', images=images)))
    assert (probe_image(path).pixel_size_um, probe_image(path).acquired) == (None, "")


@pytest.mark.parametrize("bits", ["--5", "1-1", "9" * 5000])
def test_a_number_that_is_none_does_not_cost_the_picture(bits):
    images = IMAGE.format(number=1, name="DAPI", file="a.tif", uuid=uuid(1)).replace('"11"', f'"{bits}"')
    data = tiff(np.eye(7, 9, dtype=np.uint16), photometric="minisblack", metadata=None,
                description=OME.format(own="", images=images).encode())
    assert read_image("a.tif", data=data).pixels.max() == 255
