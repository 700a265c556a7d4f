"""Pictures made for tests: seeded, without a file of anybody's."""

import io
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

FORMATS = Path(__file__).resolve().parents[2] / "shared" / "data" / "formats"


def pixels(height=61, width=83, seed=0):
    """(height, width, 3) uint8: a colour gradient under noise, so that neither rows, columns nor channels are alike."""
    rows, columns = np.mgrid[:height, :width]
    slope = np.stack([rows * 3 % 256, columns * 4 % 256, (rows + columns) * 2 % 256], axis=-1)
    noise = np.random.default_rng(seed).integers(0, 120, slope.shape)
    return (slope // 2 + noise).astype(np.uint8)


def encoded(picture, format, **options):
    """The bytes of a file that Pillow writes of an array or image."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def tiff(values, **options):
    """The bytes of a file that tifffile writes."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def dicom(path, values, model="MONOCHROME2", bits=12, signed=0, **more):
    """A file that pydicom writes of an array, or of the frames of one; its path. `more`: elements by their keywords."""
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    frames = values if values.ndim == 3 and model.startswith("MONO") else values[None]
    data.Rows, data.Columns = frames.shape[1:3]
    data.SamplesPerPixel = 1 if model.startswith("MONO") else 3
    data.PhotometricInterpretation, data.PixelRepresentation = model, signed
    data.BitsAllocated, data.BitsStored, data.HighBit = 8 * values.itemsize, bits, bits - 1
    data.NumberOfFrames = len(frames)
    if data.SamplesPerPixel == 3:
        data.PlanarConfiguration = 0
    for name, value in more.items():
        setattr(data, name, value)
    data.PixelData = values.tobytes()
    pydicom.dcmwrite(path, data, enforce_file_format=True)
    return path


def write_pictures(folder, count, seed=0, size=(40, 50)):
    """`count` PNG files; their paths in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        path = folder / f"{number}.png"
        path.write_bytes(encoded(pixels(*size, seed=seed * 100_000 + number), "PNG"))
        paths.append(str(path))
    return paths
