"""Leica LIF files that liffile opens: the numbers and what the header says of them."""

import struct

import numpy as np
import pytest

from orangecontrib.imaging.core import formats
from orangecontrib.imaging.core.images import probe_image, read_image
from orangecontrib.imaging.core.reading import Reading

CHANNEL = """<ChannelDescription DataType="0" ChannelTag="0" Resolution="{bits}" NameOfMeasuredQuantity="" Min="0"
Max="1" Unit="" LUTName="{colour}" IsLUTInverted="0" BytesInc="{place}" BitInc="0">{more}</ChannelDescription>"""
DYE = "<ChannelProperty><Key>DyeName</Key><Value>Leica/{}</Value></ChannelProperty>"
SERIES = """<LMSDataContainerHeader Version="2"><Element Name="a.lif"><Data><Experiment/></Data><Memory Size="0"
MemoryBlockID="M0"/><Children><Element Name="s" UniqueID="u"><Data><Image><ImageDescription><Channels>{channels}
</Channels><Dimensions><DimensionDescription DimID="1" NumberOfElements="7" Origin="0" Length="3e-6" Unit="m"
BitInc="0" BytesInc="2"/><DimensionDescription DimID="2" NumberOfElements="5" Origin="0" Length="2e-6" Unit="m"
BitInc="0" BytesInc="14"/></Dimensions></ImageDescription>{dates}</Image></Data><Memory Size="140"
MemoryBlockID="M1"/></Element></Children></Element></LMSDataContainerHeader>"""


def lif(path, values, channels, dates=""):
    """A LIF file of one series, 5 × 7 pixels of uint16, as liffile reads it."""
    if not formats.LIF.is_installed:
        pytest.skip("the extra 'microscopy' is not installed")
    header = SERIES.format(channels="".join(channels), dates=dates).encode("utf-16-le")
    path.write_bytes(
        struct.pack("<IIBI", 0x70, len(header) + 5, 0x2A, len(header) // 2) + header
        + struct.pack("<IIBQBI", 0x70, 18, 0x2A, values.nbytes, 0x2A, 2) + "M1".encode("utf-16-le") + values.tobytes())
    return path


def channel(place, bits=12, colour="Gray", more=""):
    return CHANNEL.format(place=70 * place, bits=bits, colour=colour, more=more)


def test_a_lif_says_its_bits_channels_and_date(tmp_path):
    values = np.random.default_rng(0).integers(0, 4096, (2, 5, 7)).astype(np.uint16)
    path = lif(tmp_path / "a.lif", values, [channel(1, colour="Green", more=DYE.format("GFP")),
                                            channel(0, colour="Blue", more=DYE.format("DAPI"))],
               "<TimeStampList NumberOfTimeStamps='1'>1d7b46e186e4100</TimeStampList>")
    info = probe_image(path)
    assert (info.bits, info.stored_bits, info.channels) == (12, 16, 2)
    assert (info.channel_names, info.colours) == (("DAPI", "GFP"), ("#0000ff", "#00ff00"))
    assert info.acquired == "2021-09-28T13:38:18"
    for number in (0, 1):
        found = read_image(path, Reading(channels=(number,), contrast="type")).pixels[..., 0]
        np.testing.assert_array_equal(found, np.rint(values[number] / 4095 * 255))


def test_what_a_lif_does_not_say_is_not_made_up(tmp_path):
    values = np.zeros((2, 5, 7), np.uint16)
    info = probe_image(lif(tmp_path / "a.lif", values, [
        channel(0, bits=16, colour="Glow(O&amp;U)", more=DYE.format("DAPI")), channel(1, bits=16)]))
    assert (info.bits, info.channel_names, info.colours, info.acquired) == (16, (), (), "")
