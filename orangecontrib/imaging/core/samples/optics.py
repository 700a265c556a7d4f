"""How a drawn structure becomes a micrograph: outlines, texture, blur, light and photon noise.

A *plane* is a (size, size) float32 array, axes (y, x): usually the density of the fluorophore in
units of a bright structure (0 to about 1). Lengths are pixels, angles radians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Counts = NDArray[np.uint16]
Transfer = NDArray[np.float64]
"""(size, size // 2 + 1): what each frequency of `numpy.fft.rfft2` is multiplied by."""
Window = tuple[slice, slice]
_MARGIN_PX = 16


@dataclass(frozen=True)
class Outline:
    """A closed curve, nearly an ellipse: of a cell, a nucleus, a vacuole.

    Attributes:
        y_px, x_px: its centre.
        radius_px: along the longer axis.
        squeeze: the shorter axis over the longer one, above 0 to 1.
        turn_rad: the direction of the longer axis.
        wobble: the height of its bulges over its radius: first of two bulges around the curve,
            then of three, and so on.
    """

    y_px: float
    x_px: float
    radius_px: float
    squeeze: float = 1.0
    turn_rad: float = 0.0
    wobble: tuple[float, ...] = ()

    def distance(self, size_px: int) -> Plane:
        """Measure how far inside the curve each pixel lies, in pixels, outside below 0; a plane.

        Exact on a circle, and close near any curve that is not very elongated. A pixel more than
        16 px outside the curve's bounding square has -16: nothing is drawn there.
        """
        plane: Plane = np.full((size_px, size_px), -_MARGIN_PX, np.float32)
        window = self._window(size_px)
        along, across = self._axes(window)
        reach = np.sqrt(np.square(along) + np.square(across / np.float32(self.squeeze)))
        plane[window] = self._edge(along, across) - reach
        return plane

    def angle(self, size_px: int) -> Plane:
        """Measure the direction of each pixel as seen from the centre, -pi to pi; a plane."""
        along, across = self._axes((slice(size_px), slice(size_px)))
        return np.arctan2(across, along)

    def _edge(self, along: Plane, across: Plane) -> Plane:
        """Find the curve's radius in the direction of each pixel."""
        edge: Plane = np.full_like(along, self.radius_px)
        if self.wobble:
            direction = along + 1j * across
            direction /= np.maximum(np.abs(direction), np.float32(1e-3))
            power = direction
            for number, height in enumerate(self.wobble, start=2):
                power = power * direction
                phase = np.complex64(np.exp(1j * number * number))
                edge += np.float32(height * self.radius_px) * (power * phase).real
        return edge

    def _window(self, size_px: int) -> Window:
        reach = self.radius_px * (1 + sum(map(abs, self.wobble))) + _MARGIN_PX
        return _span(self.y_px, reach, size_px), _span(self.x_px, reach, size_px)

    def _axes(self, window: Window) -> tuple[Plane, Plane]:
        y, x = np.ogrid[window]
        dy, dx = (y - self.y_px).astype(np.float32), (x - self.x_px).astype(np.float32)
        cos, sin = np.float32(np.cos(self.turn_rad)), np.float32(np.sin(self.turn_rad))
        return cos * dx + sin * dy, cos * dy - sin * dx


@dataclass(frozen=True)
class Camera:
    """What microscope and camera add to one picture.

    Attributes:
        blur_px: standard deviation of the point spread function, defocus included.
        haze: share of the light that comes from far out of focus, 0 to 1.
        photons: expected in a pixel of density 1.
        background: light where nothing is, in units of density 1.
        falloff: light lost from the brightest corner to the darkest, 0 to 1 of it.
        falloff_rad: the direction in which the light falls off.
    """

    blur_px: float
    haze: float
    photons: float
    background: float
    falloff: float
    falloff_rad: float


def psf_sigma_px(wavelength_um: float, aperture: float, pixel_um: float) -> float:
    """Give the standard deviation, in pixels, of the Gaussian nearest to a microscope's blur.

    sigma = sqrt(2) / (2 pi) * wavelength / aperture, for a wide-field microscope in focus:
    B. Zhang, J. Zerubia, J.-C. Olivo-Marin, Gaussian approximations of fluorescence microscope
    point-spread function models, Applied Optics 46 (10), 1819-1829, 2007. Their formula is for
    paraxial light; we use it for high apertures too.

    Args:
        wavelength_um: of the emitted light, micrometres.
        aperture: numerical aperture of the objective.
        pixel_um: side of a pixel in the specimen, micrometres.
    """
    return float(np.sqrt(2) / (2 * np.pi) * wavelength_um / aperture / pixel_um)


def fill(distance: Plane) -> Plane:
    """Draw 1 inside a curve and 0 outside, with an edge one pixel wide; from `Outline.distance`."""
    return np.clip(distance + np.float32(0.5), 0, 1)


def rim(distance: Plane, width_px: float) -> Plane:
    """Draw 1 on a curve, to both sides a Gaussian falling off with standard deviation width_px."""
    line: Plane = np.exp(np.float32(-0.5) * np.square(distance / np.float32(width_px)))
    return line


def mottle(rng: np.random.Generator, size_px: int, grain_px: float) -> Plane:
    """Draw a cloudy random texture, mean 0, standard deviation 1, its grains about grain_px wide."""
    noise = rng.standard_normal((size_px, size_px), dtype=np.float32)
    smooth = _filter(noise, _gaussian(size_px, grain_px))
    smooth -= smooth.mean()
    smooth /= smooth.std()
    return smooth


def photograph(plane: Plane, camera: Camera, rng: np.random.Generator) -> Pixels:
    """Take the picture of a plane: (size, size) uint8, axes (y, x), grey levels 0 to 255.

    In this order: blur (a narrow Gaussian for what is near the focus, a broad one for the haze),
    background, uneven light, photon noise (Poisson), and a gain and an offset that use most of
    the grey levels, as one would set them at the microscope.
    """
    counts = _counts(plane, camera, rng)
    darkest, brightest = np.percentile(counts, (0.5, 99.8))
    offset = 0.8 * darkest
    gain = rng.uniform(150, 250) / max(brightest - offset, 1)
    pixels: Pixels = np.clip((counts - offset) * gain, 0, 255).astype(np.uint8)
    return pixels


def expose(plane: Plane, camera: Camera, rng: np.random.Generator) -> Plane:
    """Give the light of a plane as the camera saw it, density 1 as about 1; a plane, of no set range.

    As `photograph`, but without its gain and offset: the brightness of two pictures can be compared.
    """
    seen: Plane = (_counts(plane, camera, rng) / camera.photons).astype(np.float32)
    return seen


def _counts(plane: Plane, camera: Camera, rng: np.random.Generator) -> NDArray[np.int64]:
    """Count the photons of each pixel: blur, background, uneven light, and chance."""
    light = (_blur(plane, camera) + np.float32(camera.background)) * _falloff(len(plane), camera)
    counts: NDArray[np.int64] = rng.poisson(np.maximum(light, 0) * camera.photons)
    return counts


def _blur(plane: Plane, camera: Camera) -> Plane:
    # What lies beyond the edge is taken to mirror what lies within.
    margin_px = len(plane) // 10
    padded = np.pad(plane, margin_px, mode="symmetric")
    size_px = len(padded)
    narrow = _gaussian(size_px, camera.blur_px)
    broad = _gaussian(size_px, len(plane) / 20)
    blurred = _filter(padded, (1 - camera.haze) * narrow + camera.haze * broad)
    return blurred[margin_px:-margin_px, margin_px:-margin_px]


def _gaussian(size_px: int, sigma_px: float) -> Transfer:
    """Give the transform of a Gaussian of sum 1: exp(-2 pi^2 sigma^2 f^2), f in cycles a pixel."""
    frequencies = np.fft.fftfreq(size_px), np.fft.rfftfreq(size_px)
    along_y, along_x = (np.exp(-2 * (np.pi * sigma_px * each) ** 2) for each in frequencies)
    transfer: Transfer = np.outer(along_y, along_x)
    return transfer


def _filter(plane: Plane, transfer: Transfer) -> Plane:
    """Multiply a plane's Fourier transform; the plane is taken to repeat itself on all sides."""
    # In double precision for all: older NumPy knows no other transform.
    spectrum = np.fft.rfft2(plane.astype(np.float64))
    filtered: Plane = np.fft.irfft2(spectrum * transfer, s=plane.shape).astype(np.float32)
    return filtered


def _falloff(size_px: int, camera: Camera) -> Plane:
    """Give the share of the light that reaches each pixel, highest 1; a plane."""
    y, x = np.ogrid[-1 : 1 : size_px * 1j, -1 : 1 : size_px * 1j]
    slope = np.cos(camera.falloff_rad) * x + np.sin(camera.falloff_rad) * y
    share = 1 - camera.falloff * (0.5 + slope / np.sqrt(8))
    light: Plane = share.astype(np.float32)
    return light


def _span(middle_px: float, reach_px: float, size_px: int) -> slice:
    start, stop = np.clip((middle_px - reach_px, middle_px + reach_px + 1), 0, size_px)
    return slice(int(start), int(stop))
