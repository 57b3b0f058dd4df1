"""The page's colours: a sequential scale for heat maps and a categorical set, in a light and a dark form.

Both stay apart under the common colour-vision deficiencies: the scale runs in lightness alone within one hue, the set
follows Okabe and Ito (2008), https://jfly.uni-koeln.de/color/, darkened or lightened towards the page's ground.
"""

from __future__ import annotations

import math

import numpy as np

LEVELS = 21
LANGUAGES = 12
SERIES_LIGHT = ("#6b7280", "#0069a8", "#c2500a", "#00785a", "#a83a7c", "#8a6a00", "#2a91c9", "#4b3f8f")
SERIES_DARK = ("#a3abb8", "#56b4e9", "#f0894a", "#2fc49a", "#e18bbd", "#e3b73c", "#8fd0f5", "#a99cf0")
_SCALE_LIGHT = ("#f4f7fa", "#cfe0ee", "#8fbbdb", "#3f86bd", "#14568f", "#0a2f57")
_SCALE_DARK = ("#18222d", "#173a58", "#1a578a", "#4c9cd2", "#96c9ea", "#e6f3fc")
_INK_LIGHT, _INK_DARK = "#ffffff", "#04080c"


def series_class(series: int) -> str:
    """Return the CSS class of a series; beyond eight the colours repeat."""
    return f"s{series % len(SERIES_LIGHT)}"


def language_class(number: int) -> str:
    """Return the CSS class of a language; beyond twelve the colours repeat, and shapes tell them apart."""
    return f"t{number % LANGUAGES}"


def level(value: float, low: float, high: float) -> int | None:
    """Return a value's step on the scale from `low` to `high`; None for NaN."""
    if not math.isfinite(value):
        return None
    place = (value - low) / (high - low) if high > low else 1.0
    return round(min(max(place, 0.0), 1.0) * (LEVELS - 1))


def scale(*, dark: bool) -> list[tuple[str, str]]:
    """Return (ground, ink) hex colours of each level, the ink being the better readable of black and white."""
    anchors = np.array([_to_oklab(colour) for colour in (_SCALE_DARK if dark else _SCALE_LIGHT)])
    places = np.linspace(0, len(anchors) - 1, LEVELS)
    lab = np.stack([np.interp(places, range(len(anchors)), anchors[:, axis]) for axis in range(3)], axis=1)
    grounds = [_to_hex(point) for point in lab]
    return [(ground, _ink(ground)) for ground in grounds]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two hex colours, 1 to 21, by WCAG 2.1."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def style_sheet() -> str:
    """Return the CSS rules of both palettes; the dark ones apply where the reader's system asks for dark."""
    light = _rules(SERIES_LIGHT, hues(dark=False), scale(dark=False))
    dark = _rules(SERIES_DARK, hues(dark=True), scale(dark=True))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def hues(*, dark: bool) -> list[str]:
    """Return the colours of languages: evenly spaced hues, every other one lighter, so that neighbours stay apart."""
    steps = (0.8, 0.66) if dark else (0.5, 0.66)
    turns = 2 * np.pi * (np.arange(LANGUAGES) / LANGUAGES + 0.07)
    return [
        _to_hex(np.array([steps[number % 2], 0.13 * np.cos(turn), 0.13 * np.sin(turn)]))
        for number, turn in enumerate(turns)
    ]


def _rules(series: tuple[str, ...], languages: list[str], levels: list[tuple[str, str]]) -> str:
    rules = [f".s{number}{{--series:{colour}}}" for number, colour in enumerate(series)]
    rules += [f".t{number}{{--series:{colour}}}" for number, colour in enumerate(languages)]
    rules += [f".h{number}{{background:{ground};color:{ink}}}" for number, (ground, ink) in enumerate(levels)]
    return "\n".join(rules)


def _ink(ground: str) -> str:
    return max(_INK_LIGHT, _INK_DARK, key=lambda ink: contrast(ink, ground))


def _linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear: np.ndarray = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear


def _luminance(colour: str) -> float:
    return float(_linear(colour) @ (0.2126, 0.7152, 0.0722))


# Oklab (Ottosson 2020, https://bottosson.github.io/posts/oklab/): steps that are equal there look equal.
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _to_oklab(colour: str) -> np.ndarray:
    lab: np.ndarray = _TO_LAB @ np.cbrt(_TO_LMS @ _linear(colour))
    return lab


def _to_hex(lab: np.ndarray) -> str:
    linear = np.clip(np.linalg.solve(_TO_LMS, np.linalg.solve(_TO_LAB, lab) ** 3), 0, 1)
    channels = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(channel) * 255):02x}" for channel in channels)
