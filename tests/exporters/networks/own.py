"""Small networks of PyTorch by both of its exporters."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from .modules import (
    DOWN,
    PIECEWISE,
    SMOOTH,
    UP,
    Activations,
    Attention,
    Bilinear,
    Branch,
    Bytes,
    Decision,
    FixedGrid,
    Indexed,
    Normalised,
    NormalisedInPlace,
    OneLogit,
    Outputs,
    Residual,
    Resizes,
    Scattered,
    Sequence,
    ShapeLoop,
    SpatialTransformer,
    Transformer,
    Written,
    around,
    distances,
    einsum,
    one_hot,
    padded,
    plain,
    sorted_values,
    statistics,
    top,
    two_classes,
    unfold,
    unpooled,
)
from .record import CLASSES
from .torch_twin import both, submit


def make(short):
    both("plain", plain)
    both("masked-fill", lambda: around(lambda x: F.avg_pool2d(x.masked_fill(x < 0.1, 0.2), 2)))
    both("transformer", Transformer)
    both("in-place-normalisation", NormalisedInPlace)
    submit(
        "features-then-logits.script",
        "torch script",
        lambda: Outputs(["features", "logits"]),
        outputs=("features", "logits"),
        scores="logits",
        spec={"classCount": 10},
    )
    for exporter, normalise in (("script", nn.utils.spectral_norm), ("dynamo", spectral_norm)):
        block = lambda n=normalise: around(n(nn.Conv2d(8, 8, 3)), n(nn.Conv2d(3, 8, 3, stride=2, padding=1)))  # noqa: E731
        submit(f"spectral-norm.{exporter}", f"torch {exporter}", block)
    both("activations-piecewise", lambda: around(Activations(PIECEWISE)))
    submit(
        "uint8-channels-last.script",
        "torch script",
        Bytes,
        inputs=(lambda x: (x * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous(), lambda x: 255 * x.permute(0, 2, 3, 1)),
        spec={"valueRange": [0, 255]},
        calibrate=False,
    )
    if short:
        return
    both("residual", Residual)
    submit("threshold.dynamo", "torch dynamo", lambda: around(nn.Threshold(0.1, -0.2)))
    both("where", lambda: around(lambda x: F.avg_pool2d(torch.where(x > 0.2, x * x, torch.sin(x)), 2)))
    both(
        "masks-combined",
        lambda: around(lambda x: F.avg_pool2d(x * ((x > -0.5) & ~(x > 1) | (x == 0)).to(x.dtype) + (x <= 0.3).float() * x, 2)),
    )
    both("spatial-transformer", SpatialTransformer, opset=20)
    submit("grid-nearest-border.dynamo", "torch dynamo", lambda: FixedGrid("nearest", "border"))
    submit("grid-bilinear-reflection.script", "torch script", lambda: FixedGrid("bilinear", "reflection"))
    both("resize-up", lambda: Resizes(UP))
    both("resize-down", lambda: Resizes(DOWN))
    submit("resize-area.dynamo", "torch dynamo", lambda: Resizes([{"scale_factor": 0.5, "mode": "area"}]))
    submit("resize-nearest-exact.dynamo", "torch dynamo", lambda: Resizes([{"size": (24, 16), "mode": "nearest-exact"}]))
    submit("resize-antialias.dynamo", "torch dynamo", lambda: Resizes([{"size": (20, 20), "mode": "bilinear", "antialias": True}]))
    submit("resize-antialias-up.dynamo", "torch dynamo", lambda: Resizes([{"size": (48, 48), "mode": "bicubic", "antialias": True}]))
    both("local-response", lambda: around(nn.LocalResponseNorm(5, alpha=1e-1)))
    submit("max-unpool.dynamo", "torch dynamo", lambda: around(unpooled), dynamic=False)
    both(
        "lstm",
        lambda: Sequence(nn.LSTM),
    )
    submit("gru.script", "torch script", lambda: Sequence(nn.GRU))
    both("einsum", lambda: around(einsum))
    both("normalize", lambda: around(lambda x: F.normalize(F.relu(F.avg_pool2d(x, 2)), dim=1)))
    both("activations-smooth", lambda: around(Activations(SMOOTH)))
    both(
        "normalisations",
        lambda: around(nn.Sequential(nn.GroupNorm(2, 8), nn.InstanceNorm2d(8, affine=True), nn.LayerNorm([8, 16, 16]), nn.AvgPool2d(2))),
    )
    submit("rms-normalisation.dynamo", "torch dynamo", lambda: around(nn.Sequential(nn.RMSNorm(16), nn.AvgPool2d(2))), opset=23)
    both("pixel-shuffle", lambda: around(nn.Sequential(nn.PixelShuffle(2), nn.PixelUnshuffle(4))))
    submit("channel-shuffle.dynamo", "torch dynamo", lambda: around(nn.Sequential(nn.ChannelShuffle(4), nn.AvgPool2d(2))))
    both(
        "transposed-convolution",
        lambda: around(
            nn.Sequential(nn.ConvTranspose2d(8, 8, 3, 2, 1, 1, groups=2), nn.Conv2d(8, 8, 3, dilation=2), nn.ReLU(), nn.AvgPool2d(4))
        ),
    )
    both(
        "pools",
        lambda: around(
            lambda x: torch.cat(
                [
                    F.adaptive_avg_pool2d(x, 4),
                    F.adaptive_max_pool2d(x, 4),
                    F.avg_pool2d(x, 5, 4, 2, True, False)[:, :, :4, :4],
                    F.max_pool2d(x, 3, 5, 1, ceil_mode=True),
                    F.lp_pool2d(x.abs() + 0.1, 3, 4),
                ],
                1,
            )
        ),
    )
    submit("adaptive-pool-uneven.dynamo", "torch dynamo", lambda: around(nn.AdaptiveAvgPool2d(5)))
    both("unfold", lambda: around(unfold), opset=18)
    both("cumulative-sum", lambda: around(lambda x: F.avg_pool2d(x, 2).cumsum(2) * 0.2))
    both("top-k", lambda: around(top))
    submit("sort.script", "torch script", lambda: around(sorted_values))
    both("statistics", lambda: around(statistics))
    both("attention", lambda: around(Attention()))
    both("attention-causal", lambda: around(Attention(causal=True)))
    both("multihead-attention", lambda: around(Attention(module=True)))
    submit("bilinear.dynamo", "torch dynamo", lambda: around(Bilinear()))
    both("indexing", lambda: around(Indexed()))
    both("written-slices", lambda: around(Written()))
    both("scatter-gather", lambda: around(Scattered()))
    both("padding", lambda: around(padded))
    submit("distances.script", "torch script", lambda: around(distances))
    submit(
        "logits-then-features.dynamo",
        "torch dynamo",
        lambda: Outputs(["logits", "features"]),
        outputs=("logits", "features"),
        scores="logits",
        spec={"classCount": CLASSES},
    )
    submit(
        "one-logit.dynamo", "torch dynamo", lambda: OneLogit(False), as_scores=lambda s: two_classes(s.sigmoid()), output="PROBABILITIES"
    )
    submit("one-probability.script", "torch script", lambda: OneLogit(True), as_scores=two_classes, output="PROBABILITIES")
    submit(
        "decision.script",
        "torch script",
        Decision,
        outputs=("label",),
        as_scores=one_hot,
        output="LABELS",
        spec={"classCount": CLASSES},
        differentiable=False,
    )
    submit("batch-statistics.script", "torch script", plain, training=True, differentiable=False)
    submit("branch-on-weight.dynamo", "torch dynamo", lambda: Branch(False))
    submit("branch-on-pixels.dynamo", "torch dynamo", lambda: Branch(True), dynamic=False)
    submit("shape-loop.script", "torch script", ShapeLoop)
    submit(
        "mean-std-in-spec.dynamo",
        "torch dynamo",
        plain,
        inputs=(lambda x: (x - 0.45) / 0.25, lambda x: (x - 0.45) / 0.25),
        spec={"mean": [0.45] * 3, "std": [0.25] * 3},
    )
    submit("normalised-by-buffers.script", "torch script", lambda: Normalised(plain()))
    submit("softmax-at-the-end.script", "torch script", lambda: nn.Sequential(plain(), nn.Softmax(1)), output="PROBABILITIES")
    submit("log-softmax-at-the-end.dynamo", "torch dynamo", lambda: nn.Sequential(plain(), nn.LogSoftmax(1)))
    submit(
        "grey-mlp.script",
        "torch script",
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, CLASSES)),
        shape=(28, 28, 1),
    )
    submit("batch-of-one.dynamo", "torch dynamo", plain, dynamic=False)
    for opset in (11, 13, 15):
        submit(
            f"opset-{opset}.script",
            "torch script",
            lambda: around(lambda x: F.hardswish(F.interpolate(x, scale_factor=0.5, mode="bilinear")).split(4, 1)[1]),
            opset=opset,
        )
    for opset in (18, 20, 21, 23):
        submit(f"opset-{opset}.dynamo", "torch dynamo", lambda: around(lambda x: F.gelu(F.group_norm(F.avg_pool2d(x, 2), 2))), opset=opset)
