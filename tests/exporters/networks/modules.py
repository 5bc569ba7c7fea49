"""Modules of small networks, each of which uses what some users' networks use."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from .record import CLASSES


class Block(nn.Module):
    """A function of `[n, 8, 16, 16]` as a module."""

    def __init__(self, apply):
        super().__init__()
        self.apply_ = apply

    def forward(self, x):
        return self.apply_(x)


def around(block, stem=None):
    """A classifier of 32×32 colour images with the block in the middle. @param block a module, or a function of `[n, 8, 16, 16]`."""
    module = block if isinstance(block, nn.Module) else Block(block)
    return nn.Sequential(
        stem or nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        module,
        nn.Flatten(),
        nn.LazyLinear(32),
        nn.ReLU(),
        nn.Linear(32, CLASSES),
    )


def plain():
    """Convolutions, among them a depthwise one, as in most networks."""
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 16, 3, padding=1, groups=16),
        nn.BatchNorm2d(16),
        nn.ReLU6(),
        nn.Conv2d(16, 24, 1),
        nn.SiLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(24 * 64, 32),
        nn.ReLU(),
        nn.Linear(32, CLASSES),
    )


class Residual(nn.Module):
    """Two residual blocks: `FusedConv` takes their additions in."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.first, self.second = [nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16)) for _ in range(2)]
        self.head = nn.Linear(16, CLASSES)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = F.relu(x + self.first(x))
        x = F.leaky_relu(x + self.second(x), 0.1)
        return self.head(x.mean((2, 3)))


class Transformer(nn.Module):
    """Patches, two encoder layers, and a class token."""

    def __init__(self, width=32):
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, stride=8)
        self.token = nn.Parameter(torch.randn(1, 1, width))
        self.position = nn.Parameter(0.1 * torch.randn(1, 17, width))
        layer = nn.TransformerEncoderLayer(width, 4, 64, batch_first=True, activation="gelu", norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        return self.head(self.encoder(x)[:, 0])


class NormalisedInPlace(nn.Module):
    """As Inception's `transform_input`, written to the channels in place."""

    def __init__(self):
        super().__init__()
        self.network = plain()

    def forward(self, x):
        x = x.clone()
        for channel, (mean, deviation) in enumerate([(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]):
            x[:, channel] = (x[:, channel] - mean) / deviation
        return self.network(x)


class Normalised(nn.Module):
    """Mean and deviation as buffers, which is how robust-accuracy tools wrap networks."""

    def __init__(self, network, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))
        self.network = network

    def forward(self, x):
        return self.network((x - self.mean) / self.std)


class SpatialTransformer(nn.Module):
    """Jaderberg et al. 2015: the grid depends on the image."""

    def __init__(self):
        super().__init__()
        self.localisation = nn.Sequential(nn.Conv2d(3, 4, 7, stride=4), nn.Tanh(), nn.Flatten(), nn.LazyLinear(6), nn.Tanh())
        self.network = plain()

    def forward(self, x):
        identity = torch.tensor([1.0, 0, 0, 0, 1, 0])
        theta = (identity + 0.2 * self.localisation(x)).view(-1, 2, 3)
        grid = F.affine_grid(theta, [x.shape[0], 3, 32, 32], align_corners=False)
        return self.network(F.grid_sample(x, grid, align_corners=False))


class FixedGrid(nn.Module):
    def __init__(self, mode, padding):
        super().__init__()
        theta = torch.tensor([[[0.9, 0.2, 0.1], [-0.2, 0.8, 0]]])
        self.register_buffer("grid", F.affine_grid(theta, [1, 3, 32, 32], align_corners=True))
        self.mode, self.padding, self.network = mode, padding, plain()

    def forward(self, x):
        grid = self.grid.expand(x.shape[0], -1, -1, -1)
        return self.network(F.grid_sample(x, grid, mode=self.mode, padding_mode=self.padding, align_corners=True))


class Resizes(nn.Module):
    """Every mode of `interpolate`, up and down."""

    def __init__(self, cases):
        super().__init__()
        self.cases = cases
        self.network = around(lambda x: F.max_pool2d(x, 2), nn.Conv2d(3 * len(cases), 8, 3, stride=2, padding=1))

    def forward(self, x):
        resized = [F.interpolate(x, **case) for case in self.cases]
        return self.network(torch.cat([part[:, :, :16, :16] for part in resized], 1))


class Sequence(nn.Module):
    """Rows as a sequence."""

    def __init__(self, kind):
        super().__init__()
        self.recurrent = kind(3 * 32, 24, batch_first=True, bidirectional=True)
        self.head = nn.Linear(48, CLASSES)

    def forward(self, x):
        return self.head(self.recurrent(x.permute(0, 2, 1, 3).flatten(2))[0][:, -1])


class Attention(nn.Module):
    """@param causal a mask, so that `Where` or `Trilu` appears."""

    def __init__(self, module=False, causal=False):
        super().__init__()
        self.into = nn.Linear(8, 48)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True) if module else None
        self.causal = causal

    def forward(self, x):
        q, k, v = self.into(F.avg_pool2d(x, 2).flatten(2).transpose(1, 2)).chunk(3, -1)
        if self.attention is not None:
            return self.attention(q, k, v)[0]
        q, k, v = [part.reshape(part.shape[0], -1, 2, 8).transpose(1, 2) for part in (q, k, v)]
        if not self.causal:
            return F.scaled_dot_product_attention(q, k, v)
        scores = q @ k.transpose(-1, -2) / math.sqrt(8)
        mask = torch.tril(torch.ones(64, 64, dtype=torch.bool))
        return scores.masked_fill(~mask, float("-inf")).softmax(-1) @ v


class Activations(nn.Module):
    """Each channel another one."""

    def __init__(self, functions):
        super().__init__()
        self.functions = nn.ModuleList(functions)

    def forward(self, x):
        return torch.cat([f(3 * x[:, i % 8 : i % 8 + 1]) for i, f in enumerate(self.functions)], 1)


class Outputs(nn.Module):
    """@param order of features and scores in what is returned."""

    def __init__(self, order):
        super().__init__()
        self.body = plain()[:-1]
        self.head = nn.Linear(32, CLASSES)
        self.order = order

    def forward(self, x):
        parts = {"features": self.body(x)}
        parts["logits"] = self.head(parts["features"])
        return tuple(parts[name] for name in self.order)


class OneLogit(nn.Module):
    def __init__(self, sigmoid):
        super().__init__()
        self.network = nn.Sequential(*plain()[:-1], nn.Linear(32, 1))
        self.sigmoid = sigmoid

    def forward(self, x):
        score = self.network(x)
        return score.sigmoid() if self.sigmoid else score


class Bytes(nn.Module):
    """Takes 8 bits, channels last, as cameras and TensorFlow have them."""

    def __init__(self):
        super().__init__()
        self.network = plain()

    def forward(self, x):
        return self.network(x.permute(0, 3, 1, 2).to(torch.float32) / 255)


class Bilinear(nn.Module):
    def __init__(self):
        super().__init__()
        self.bilinear = nn.Bilinear(8, 8, 24)

    def forward(self, x):
        return self.bilinear(x.mean((2, 3)), x.amax((2, 3)))


class Indexed(nn.Module):
    """Indices of every kind."""

    def __init__(self):
        super().__init__()
        self.register_buffer("order", torch.tensor([7, 0, 3, 3, 1]))

    def forward(self, x):
        rows = torch.arange(0, 16, 3)
        parts = [
            x[:, self.order],
            x.flip(1)[:, ::2],
            x.roll(3, 2)[:, 1:-1],
            x[:, :, rows][:, :, :, :5].mean((2, 3), keepdim=True).expand(-1, -1, 16, 16),
        ]
        return torch.cat([F.avg_pool2d(part, 4) for part in parts], 1)


class Written(nn.Module):
    """Writes to slices and to what a mask says."""

    def forward(self, x):
        y = torch.zeros_like(x)
        y[:, ::2, 2:-2] = x[:, 1::2, 2:-2]
        y[:, 1] += x[:, 0]
        y[x > 0.5] = 0.5
        return F.avg_pool2d(y, 2)


class Scattered(nn.Module):
    def forward(self, x):
        flat = F.avg_pool2d(x, 2).flatten(1)
        index = torch.arange(flat.shape[1] - 1, -1, -1).expand(x.shape[0], -1)
        return (
            torch.zeros_like(flat).scatter(1, index, flat) + torch.zeros_like(flat).scatter_add(1, index // 2, flat) + flat.gather(1, index)
        )


class Branch(nn.Module):
    """An `If` that depends on the pixels, or on a weight."""

    def __init__(self, on_pixels):
        super().__init__()
        self.network = plain()
        self.on_pixels = on_pixels
        self.register_buffer("switch", torch.tensor([0.3, 0.4]))

    def forward(self, x):
        value = x if self.on_pixels else self.switch
        return self.network(torch.cond(value.mean() > 0.5, lambda x: x * 2 - 1, lambda x: x.sin(), (x,)))


class ShapeLoop(nn.Module):
    """A loop whose length is a shape, and a condition on one."""

    def __init__(self):
        super().__init__()
        self.network = plain()

    def forward(self, x):
        total = x
        for i in range(x.size(1)):
            total = total + x[:, i : i + 1] * 0.1
        if x.size(2) > 16:
            total = total * 0.5
        return self.network(total)


def statistics(x):
    parts = [x.std((2, 3)), x.var((2, 3)), x.norm(dim=(2, 3)), x.logsumexp((2, 3)), x.amax((2, 3)), x.abs().sum((2, 3))]
    return torch.cat(parts, 1)


def unfold(x):
    return F.fold(F.unfold(x, 3, padding=1, stride=2), (16, 16), 3, padding=1, stride=2)


def top(x):
    return x.flatten(2).topk(5, -1).values


def sorted_values(x):
    return F.avg_pool2d(x, 4).flatten(2).sort(-1).values


def einsum(x):
    kernel = torch.linspace(-1, 1, 64).reshape(8, 8)
    return torch.einsum("...ij,jk->...ik", x[..., :8], kernel)


def padded(x):
    parts = [F.pad(x, (2, 1, 3, 0), mode) for mode in ("reflect", "replicate", "circular")]
    return torch.cat([F.avg_pool2d(part, 3) for part in [*parts, F.pad(x, (2, 1, 3, 0), value=-0.5)]], 1)


def distances(x):
    rows = F.avg_pool2d(x, 4).flatten(2)
    return torch.cat([torch.cdist(rows[:, :4], rows[:, 4:]).flatten(1), F.cosine_similarity(rows[:, :4], rows[:, 4:], dim=-1)], 1)


def unpooled(x):
    values, indices = F.max_pool2d(x, 2, return_indices=True)
    return F.max_unpool2d(values, indices, 2)


def two_classes(probability):
    """Of the second class alone -> of both."""
    return torch.cat([1 - probability, probability], 1)


def one_hot(label):
    return F.one_hot(label.reshape(-1), CLASSES).float()


class Decision(nn.Module):
    """A trailing `ArgMax`."""

    def __init__(self):
        super().__init__()
        self.network = plain()

    def forward(self, x):
        return self.network(x).argmax(1)


SMOOTH = [
    nn.GELU(),
    nn.GELU("tanh"),
    nn.SiLU(),
    nn.Mish(),
    nn.ELU(),
    nn.SELU(),
    nn.CELU(0.5),
    nn.Softplus(2),
    nn.Softsign(),
    nn.Tanhshrink(),
]
PIECEWISE = [
    nn.Hardswish(),
    nn.Hardsigmoid(),
    nn.Hardtanh(-0.5, 0.7),
    nn.PReLU(),
    nn.LeakyReLU(0.2),
    nn.Hardshrink(0.3),
    nn.Softshrink(0.3),
    nn.Threshold(0, 0),
    nn.ReLU6(),
]
UP = [
    {"scale_factor": 2, "mode": "nearest"},
    {"scale_factor": 1.5, "mode": "bilinear", "align_corners": False},
    {"size": (48, 48), "mode": "bilinear", "align_corners": True},
    {"scale_factor": 2, "mode": "bicubic", "align_corners": False},
]
DOWN = [{"size": (20, 20), "mode": "bilinear"}, {"scale_factor": 0.5, "mode": "nearest"}]
