"""Bounds of small networks by auto_LiRPA 0.3 (PyPI), as a reference: python make.py > bounds.json

Version 0.3 was written for PyTorch 1; what it imports has other places since, which the first lines say.
"""
import json
import sys
import types

import numpy
import torch
import torch.onnx.symbolic_helper
import torch.onnx.utils
from torch import nn

sets = types.ModuleType("numpy.lib.arraysetops")
sets.isin = numpy.isin
sys.modules["numpy.lib.arraysetops"] = sets
try:
    from torch.onnx._internal.torchscript_exporter import _globals, utils

    def set_opset(version):
        _globals.GLOBALS.export_onnx_opset_version = version

    torch.onnx.symbolic_helper._set_opset_version = set_opset
    torch.onnx.utils._optimize_graph = utils._optimize_graph
    torch._C.Node.__getitem__ = lambda node, key: getattr(node, node.kindOf(key))(key)
except ImportError:
    pass

from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm  # noqa: E402

METHODS = {"IBP": "IBP", "CROWN_IBP": "CROWN-IBP", "CROWN": "CROWN"}


def dense(seed):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Linear(9, 12), nn.ReLU(), nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 3)), (1, 1, 3, 3)


def convolutional(seed):
    torch.manual_seed(seed)
    layers = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 4))
    return layers, (1, 1, 6, 6)


records = []
for kind, make in (("dense", dense), ("convolutional", convolutional)):
    for seed in (1, 2):
        network, shape = make(seed)
        image = torch.rand(shape)
        for epsilon in (0.02, 0.1):
            # Images are not cut off to their range, as bounds here are not told of it: pixels stay inside.
            center = epsilon + (1 - 2 * epsilon) * image
            bounded = BoundedModule(network, center)
            box = BoundedTensor(center, PerturbationLpNorm(norm=float("inf"), eps=epsilon))
            bounds = {}
            for name, method in METHODS.items():
                lower, upper = bounded.compute_bounds(x=(box,), method=method)
                bounds[name] = {"lower": lower[0].tolist(), "upper": upper[0].tolist()}
            weights = [{"shape": list(w.shape), "data": w.detach().flatten().tolist()} for w in network.parameters()]
            records.append(
                {"kind": kind, "seed": seed, "epsilon": epsilon, "image": center.flatten().tolist(), "weights": weights, "bounds": bounds}
            )
json.dump({"library": "auto_LiRPA 0.3", "torch": torch.__version__, "records": records}, sys.stdout)
