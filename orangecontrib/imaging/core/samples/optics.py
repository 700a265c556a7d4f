"""How a drawn structure becomes a micrograph: outlines, texture, blur, light and photon noise.

A *plane* is a (size, size) float32 array, axes (y, x), of fluorophore density in units of the brightest
structure (about 0 to 1). Lengths are pixels, angles radians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, uniform_filter

Plane = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Outline:
    """A closed curve, nearly an ellipse: a cell, a nucleus, a vacuole."""

    y_px: float
    x_px: float
    radius_px: float
    squeeze: float = 1.0
    turn_rad: float = 0.0
    wobble: tuple[float, ...] = ()
    """Relative height of each bulge, from two bulges around the curve upwards."""

    def distance(self, size_px: int) -> Plane:
        """How far each pixel lies inside (above 0) or outside the curve, in pixels; a plane.

        Exact on a circle, and close to it near any curve that is not very elongated.
        """
        along, across = self._axes(size_px)
        reach = np.hypot(along, across / self.squeeze)
        edge = np.full_like(reach, self.radius_px)
        if self.wobble:
            angle = np.arctan2(across, along)
            for number, height in enumerate(self.wobble, start=2):
                edge += self.radius_px * height * np.cos(number * angle + number * number)
        return edge - reach

    def angle(self, size_px: int) -> Plane:
        """The direction of each pixel as seen from the centre, -pi to pi; a plane."""
        along, across = self._axes(size_px)
        return np.arctan2(across, along)

    def _axes(self, size_px: int) -> tuple[Plane, Plane]:
        y, x = np.ogrid[:size_px, :size_px]
        dy, dx = y - np.float32(self.y_px), x - np.float32(self.x_px)
        cos, sin = np.float32(np.cos(self.turn_rad)), np.float32(np.sin(self.turn_rad))
        return cos * dx + sin * dy, cos * dy - sin * dx


@dataclass(frozen=True)
class Camera:
    """What the microscope adds: one picture is taken with one of these."""

    blur_px: float
    """Standard deviation of the point spread function in the focal plane."""
    haze: float
    """Share of the light that comes from out of focus, 0 to 1."""
    photons: float
    """Expected photons in a pixel of density 1."""
    background: float
    """Light where nothing is, in units of density 1."""
    tilt: float
    """Relative loss of light from the brightest to the darkest corner, 0 to 1."""
    tilt_rad: float
    """Direction in which the light falls off."""


def psf_sigma_px(wavelength_um: float, aperture: float, pixel_um: float) -> float:
    """The Gaussian that is nearest to a wide-field point spread function in focus, in pixels.

    sigma = sqrt(2) / (2 pi) * wavelength / aperture, for a paraxial lens (B. Zhang, J. Zerubia, J.-C. Olivo-Marin,
    Gaussian approximations of fluorescence microscope point-spread function models, Applied Optics 46 (10),
    1819-1829, 2007, table 1). We use it for high apertures too, where it is a few per cent too narrow.

    Args:
        wavelength_um: of the emitted light, micrometres.
        aperture: numerical aperture of the objective.
        pixel_um: side of a pixel in the specimen, micrometres.
    """
    return float(np.sqrt(2) / (2 * np.pi) * wavelength_um / aperture / pixel_um)


def fill(distance: Plane) -> Plane:
    """1 inside a curve, 0 outside, with an edge one pixel wide; a plane from `Outline.distance`."""
    return np.clip(distance + np.float32(0.5), 0, 1)


def rim(distance: Plane, width_px: float) -> Plane:
    """1 on a curve, falling off as a Gaussian of standard deviation width_px to both sides; a plane."""
    return np.exp(-0.5 * np.square(distance / np.float32(width_px)))


def mottle(rng: np.random.Generator, size_px: int, grain_px: float) -> Plane:
    """A cloudy random texture, mean 0, standard deviation 1, of grains about grain_px wide; a plane."""
    noise = rng.standard_normal((size_px, size_px), dtype=np.float32)
    smooth = gaussian_filter(noise, grain_px, mode="wrap", truncate=2.5)
    return (smooth - smooth.mean()) / smooth.std()


def photograph(plane: Plane, camera: Camera, rng: np.random.Generator) -> Pixels:
    """The picture of a plane: (size, size) uint8, axes (y, x), grey levels 0 to 255.

    In this order: blur (a sharp Gaussian for what is in focus, a broad one for the haze), background, uneven
    light, photon noise (Poisson), and the gain, which puts the 99.8th percentile at 200 to 250 as a microscopist would.
    """
    light = _blur(plane, camera) + np.float32(camera.background)
    light *= _illumination(plane.shape[0], camera)
    counts = rng.poisson(light * np.float32(camera.photons)).astype(np.float32)
    dark, bright = np.percentile(counts, (0.5, 99.8))
    gain = rng.uniform(200, 250) / max(bright - 0.8 * dark, 1)
    return np.clip((counts - 0.8 * dark) * gain, 0, 255).astype(np.uint8)


def _blur(plane: Plane, camera: Camera) -> Plane:
    sharp = gaussian_filter(plane, camera.blur_px, truncate=3)
    # Two box filters in a row: close to the broad Gaussian, at a tenth of its time.
    box = plane.shape[0] // 8
    broad = uniform_filter(uniform_filter(plane, box), box)
    haze = np.float32(camera.haze)
    return (1 - haze) * sharp + haze * broad


def _illumination(size_px: int, camera: Camera) -> Plane:
    y, x = np.ogrid[-1:1:size_px * 1j, -1:1:size_px * 1j]
    slope = (np.cos(camera.tilt_rad) * x + np.sin(camera.tilt_rad) * y) / np.sqrt(2)
    return (1 - camera.tilt * (0.5 + 0.5 * slope)).astype(np.float32)
