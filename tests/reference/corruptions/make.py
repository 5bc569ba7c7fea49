"""Writes corrupted.json: what the published corruptions make of fixed images, with random numbers that both sides can draw.

    pip install "opencv-python-headless==4.10.0.84" "numpy<2" scipy scikit-image pillow
    git clone https://github.com/hendrycks/robustness
    python make.py robustness/ImageNet-C/create_c > corrupted.json

The functions are run as they are published, from make_cifar_c.py and make_imagenet_c.py. Replaced are: NumPy's random numbers, by those of `Stream`;
`multichannel` of scikit-image, which is now called `channel_axis`; `random_noise`, by what it does; and ImageMagick's motion blur, by `motion_blur`, written
after MotionBlurImage of its MagickCore/effect.c. Frost is left out: its photographs are.
"""

import base64
import json
import math
import re
import sys
import types
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import scipy.ndimage
import skimage as sk
import skimage.color
import skimage.filters
from PIL import Image


class Stream:
    """Random numbers that tests/compute/corruptions.test.ts draws too."""

    def __init__(self, seed):
        self.state = seed

    def random(self):
        self.state = (1664525 * self.state + 1013904223) % 2**32
        return self.state / 2**32

    def one_normal(self):
        u = 1 - self.random()
        return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * self.random())

    def many(self, draw, size):
        return np.array([draw() for _ in range(int(np.prod(size)))]).reshape(size)

    def uniform(self, low, high, size=None):
        draw = lambda: low + (high - low) * self.random()
        return draw() if size is None else self.many(draw, size)

    def normal(self, size, loc=0.0, scale=1.0):
        return loc + scale * self.many(self.one_normal, size)

    def randint(self, low, high, size):
        return self.many(lambda: low + int(self.random() * (high - low)), size)

    def poisson(self, means):
        """NumPy's legacy_random_poisson."""
        return np.array([self.one_poisson(mean) for mean in means.ravel()]).reshape(means.shape)

    def one_poisson(self, mean):
        if mean == 0:
            return 0
        if mean < 10:
            count, product, limit = 0, self.random(), math.exp(-mean)
            while product > limit:
                count, product = count + 1, product * self.random()
            return count
        b = 0.931 + 2.53 * math.sqrt(mean)
        a = -0.059 + 0.02483 * b
        inverse_alpha, vr = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)
        while True:
            u, v = self.random() - 0.5, self.random()
            us = 0.5 - abs(u)
            k = math.floor((2 * a / us + b) * u + mean + 0.43)
            if us >= 0.07 and v <= vr:
                return k
            if k < 0 or (us < 0.013 and v > us):
                continue
            if math.log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b) <= -mean + k * math.log(mean) - math.lgamma(k + 1):
                return k


def motion_blur(image, radius, sigma, angle):
    width = 2 * radius + 1
    kernel = np.exp(-np.arange(width) ** 2 / (2 * sigma**2))
    kernel /= kernel.sum()
    across, down = width * math.sin(math.radians(angle)), width * math.cos(math.radians(angle))
    out = np.zeros(image.shape)
    rows, columns = np.arange(image.shape[0]), np.arange(image.shape[1])
    for i in range(width):
        dx = math.ceil(i * down / math.hypot(across, down) - 0.5)
        dy = math.ceil(i * across / math.hypot(across, down) - 0.5)
        shifted = image[np.clip(rows + dy, 0, rows[-1])][:, np.clip(columns + dx, 0, columns[-1])]
        out += kernel[i] * shifted
    return np.floor(out + 0.5).astype(np.uint8)


class MotionImage:
    def __init__(self, blob):
        self.image = cv2.imdecode(np.frombuffer(blob, np.uint8), cv2.IMREAD_UNCHANGED)

    def motion_blur(self, radius, sigma, angle):
        self.image = motion_blur(self.image, radius, sigma, angle)

    def make_blob(self):
        return cv2.imencode('.png', self.image)[1].tobytes()


def random_noise(stream):
    def salt_and_pepper(x, mode, amount):
        flipped = stream.many(stream.random, x.shape) <= amount
        salted = stream.many(stream.random, x.shape) <= 0.5
        x = x.copy()
        x[flipped & salted], x[flipped & ~salted] = 1, 0
        return x

    return salt_and_pepper


def published(file, stream):
    """The functions of a script, from its helpers to the last corruption."""
    source = Path(file).read_text()
    start, end = source.index('def disk('), source.index('# /////////////// End Distortions')
    source = re.sub(r'# Tell Python about the C method.*?(?=# modification of)', '', source[start:end], flags=re.S)
    numpy = types.ModuleType('numpy')
    numpy.__dict__.update(np.__dict__, random=stream, fromstring=np.frombuffer)
    gaussian = lambda x, sigma, multichannel=None, **more: skimage.filters.gaussian(x, sigma, channel_axis=-1 if multichannel else None, **more)
    skimage_stub = types.SimpleNamespace(color=sk.color, util=types.SimpleNamespace(random_noise=random_noise(stream)))
    names = dict(np=numpy, cv2=cv2, sk=skimage_stub, gaussian=gaussian, MotionImage=MotionImage, BytesIO=BytesIO, PILImage=Image)
    names.update(scizoom=scipy.ndimage.zoom, map_coordinates=scipy.ndimage.map_coordinates)
    exec(compile(source, file, 'exec'), names)
    return names


def picture(side):
    """Slopes, a disk, stripes and some noise, in whole numbers: something for each corruption to change."""
    stream, pixels = Stream(side), np.zeros((side, side, 3), np.uint8)
    for y in range(side):
        for x in range(side):
            disk = (10 * x - 6 * side) ** 2 + (10 * y - 4 * side) ** 2 < 6 * side**2
            stripe = (12 * x + 3 * y) // side % 2
            slopes = [230 * x // side, 40 + 150 * y // side, 200 - 120 * x * y // side**2]
            added = [90 * disk + 8 * stripe, 24 * stripe - 45 * disk, 30 * disk - 32 * stripe]
            for c in range(3):
                pixels[y, x, c] = min(255, max(0, slopes[c] + added[c] + int(stream.random() * 25) - 12))
    return pixels


NAMES = 'gaussian_noise shot_noise impulse_noise defocus_blur glass_blur motion_blur zoom_blur snow fog brightness contrast elastic_transform pixelate '
NAMES = (NAMES + 'jpeg_compression speckle_noise gaussian_blur spatter saturate').split()


def pack(pixels):
    return base64.b64encode(np.ascontiguousarray(pixels, np.uint8).tobytes()).decode()


def main(folder):
    cases = []
    for script, scale, side, severities in [('make_cifar_c.py', 'CIFAR', 32, [1, 2, 3, 4, 5]), ('make_imagenet_c.py', 'IMAGENET', 224, [1, 3, 5])]:
        image = picture(side)
        # The middle alone is kept: files grow.
        rows, columns = (slice(8, 24), slice(0, 32)) if side == 32 else (slice(60, 72), slice(120, 132))
        for name in NAMES:
            for severity in severities:
                seed = 1000 * severity + len(name)
                made = np.uint8(published(f'{folder}/{script}', Stream(seed))[name](Image.fromarray(image), severity))
                cases.append(dict(kind=name.upper(), scale=scale, severity=severity, seed=seed, pixels=pack(made[rows, columns])))
    print(json.dumps(dict(cases=cases), indent=1))


main(sys.argv[1])
