"""The same work in PyTorch, to put beside `npm run bench`: forward, FGSM and iter. basic (10 steps) in the fastest plain float32 loop that we
know (parameters frozen, batch norm folded into the convolutions, channels last or first, whichever is faster), a step of SGD with momentum with
batch norm in training mode, and one of Algorithm 1 (step l.l. on half of the images, made in inference mode); batch 64 (8 at 224 x 224), 2 threads.

    pip install torch && python bench/pytorch_baseline.py [m1 m2 m3 m4 m5]

Prints one JSON object a line: {"model", "what", "images_per_second", "channels", "torch"}; the median of three runs. `npm run bench:beside-pytorch` runs it
in turns with `npm run bench`.
"""

import json
import os
import statistics
import sys
import time

# Memory that was touched is kept: PyTorch is slower by a multiple where it is given back and touched again.
KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "10000000000", "MALLOC_TOP_PAD_": "268435456"}
if any(name not in os.environ for name in KEEP_MEMORY):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **KEEP_MEMORY})

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(2)
torch.manual_seed(0)


def folded(i, o, k, stride=1, groups=1):
    """A convolution with the batch norm behind it already folded in, hence the bias."""
    return nn.Conv2d(i, o, k, stride=stride, padding=k // 2, groups=groups, bias=True)


def normalised(i, o, k, stride=1, groups=1):
    """The same as it is trained."""
    return nn.Sequential(nn.Conv2d(i, o, k, stride=stride, padding=k // 2, groups=groups, bias=False), nn.BatchNorm2d(o))


# Networks are built from one of the two.


def mnist_cnn(_conv):
    return nn.Sequential(
        folded(1, 32, 5), nn.ReLU(), nn.MaxPool2d(2), folded(32, 64, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(7 * 7 * 64, 1024), nn.ReLU(), nn.Linear(1024, 10))


class Basic(nn.Module):
    def __init__(self, conv, i, o, stride):
        super().__init__()
        self.a, self.b = conv(i, o, 3, stride), conv(o, o, 3)
        self.short = conv(i, o, 1, stride) if i != o or stride != 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.b(F.relu(self.a(x))) + self.short(x))


def resnet20(conv):
    layers, width = [conv(3, 16, 3), nn.ReLU()], 16
    for o, stride in [(16, 1), (16, 1), (16, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1)]:
        layers.append(Basic(conv, width, o, stride))
        width = o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


class Scale(nn.Module):
    """A batch norm that stands before a ReLU and cannot be folded, with fixed statistics."""

    def __init__(self, channels):
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(channels, 1, 1)), nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x):
        return x * self.scale + self.shift


class Wide(nn.Module):
    """Pre-activation block."""

    def __init__(self, conv, i, o, stride):
        super().__init__()
        self.norm = Scale(i) if conv is folded else nn.BatchNorm2d(i)
        self.a, self.b = conv(i, o, 3, stride), folded(o, o, 3)
        self.short = folded(i, o, 1, stride) if i != o or stride != 1 else None

    def forward(self, x):
        y = F.relu(self.norm(x))
        return self.b(F.relu(self.a(y))) + (self.short(y) if self.short else x)


def wrn16_4(conv):
    layers, width = [folded(3, 16, 3)], 16
    for o, stride in [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1)]:
        layers.append(Wide(conv, width, o, stride))
        width = o
    return nn.Sequential(*layers, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


class Bottleneck(nn.Module):
    def __init__(self, conv, i, o, stride):
        super().__init__()
        self.a, self.b, self.c = conv(i, o, 1), conv(o, o, 3, stride), conv(o, 4 * o, 1)
        self.short = conv(i, 4 * o, 1, stride) if i != 4 * o or stride != 1 else nn.Identity()

    def forward(self, x):
        return F.relu(self.c(F.relu(self.b(F.relu(self.a(x))))) + self.short(x))


def resnet50(conv):
    layers, width = [conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for o, blocks, stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for b in range(blocks):
            layers.append(Bottleneck(conv, width, o, stride if b == 0 else 1))
            width = 4 * o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


class Inverted(nn.Module):
    """Expands, convolves each channel by itself, and projects without an activation."""

    def __init__(self, conv, i, o, expansion, stride):
        super().__init__()
        width = i * expansion
        expand = [conv(i, width, 1), nn.ReLU6()] if expansion > 1 else []
        self.body = nn.Sequential(*expand, conv(width, width, 3, stride, width), nn.ReLU6(), conv(width, o, 1))
        self.residual = stride == 1 and i == o

    def forward(self, x):
        return self.body(x) + x if self.residual else self.body(x)


def mobilenet_v2(conv):
    layers, width = [conv(3, 32, 3, 2), nn.ReLU6()], 32
    for expansion, o, blocks, stride in [
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        for b in range(blocks):
            layers.append(Inverted(conv, width, o, expansion, stride if b == 0 else 1))
            width = o
    return nn.Sequential(*layers, conv(320, 1280, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


# model, input shape, batch, epsilon
MODELS = {
    "m1": (mnist_cnn, (1, 28, 28), 64, 0.3),
    "m2": (resnet20, (3, 32, 32), 64, 8 / 255),
    "m3": (wrn16_4, (3, 32, 32), 64, 8 / 255),
    "m4": (resnet50, (3, 224, 224), 8, 8 / 255),
    "m5": (mobilenet_v2, (3, 224, 224), 8, 8 / 255),
}


def measure(work, images):
    work()
    times = []
    for _ in range(3):
        start, runs = time.perf_counter(), 0
        while time.perf_counter() - start < SECONDS or runs == 0:
            work()
            runs += 1
        times.append((time.perf_counter() - start) / runs)
    return images / statistics.median(times)


def works(name, channels):
    build, shape, batch, epsilon = MODELS[name]
    model = build(folded).eval().requires_grad_(False).to(memory_format=channels)
    trained = build(normalised).train().to(memory_format=channels)
    optimizer = torch.optim.SGD(trained.parameters(), lr=1e-4, momentum=0.9)
    x, y = torch.rand(batch, *shape).to(memory_format=channels), torch.arange(batch) % 10

    def gradient(z):
        z = z.detach().requires_grad_(True)
        return torch.autograd.grad(F.cross_entropy(model(z), y, reduction="sum"), z)[0]

    def forward():
        with torch.no_grad():
            model(x)

    def fgsm():
        return (x + epsilon * gradient(x).sign()).clamp_(0, 1)

    def iter_basic():
        z, low, high = x, (x - epsilon).clamp(0, 1), (x + epsilon).clamp(0, 1)
        for _ in range(10):
            z = torch.min(torch.max(z + epsilon / 4 * gradient(z).sign(), low), high)
        return z

    def sgd():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(trained(x), y).backward()
        optimizer.step()

    def algorithm1():
        k, weight = batch // 2, 0.3
        trained.eval().requires_grad_(False)
        z = x[:k].detach().requires_grad_(True)
        logits = trained(z)
        step = torch.autograd.grad(F.cross_entropy(logits, logits.argmin(1), reduction="sum"), z)[0]
        mixed = torch.cat([(z.detach() - epsilon * step.sign()).clamp_(0, 1), x[k:]])
        trained.train().requires_grad_(True)
        optimizer.zero_grad(set_to_none=True)
        losses = F.cross_entropy(trained(mixed), y, reduction="none")
        ((weight * losses[:k].sum() + losses[k:].sum()) / (batch - k + weight * k)).backward()
        optimizer.step()

    return batch, {"forward": forward, "fgsm": fgsm, "iterative": iter_basic, "training": sgd, "algorithm1": algorithm1}


def bench(name):
    best = {}
    for title, channels in (("last", torch.channels_last), ("first", torch.contiguous_format)):
        batch, todo = works(name, channels)
        for what, work in todo.items():
            best[what] = max(best.get(what, (0, "")), (measure(work, batch), title))
    for what, (speed, title) in best.items():
        print(json.dumps({"model": name, "what": what, "images_per_second": round(speed, 2), "channels": title, "torch": torch.__version__}), flush=True)


SECONDS = float(os.environ.get("BENCH_SECONDS", "1"))
for chosen in sys.argv[1:] or ["m1", "m2"]:
    bench(chosen)
