"""Exports torchvision's networks at their own sizes with random weights to ONNX: `python export_networks.py FOLDER [NAME ...]`."""

import os, sys
import torch
import torchvision.models as models

NETWORKS = {
    "resnet50": (models.resnet50, 224),
    "inception_v3": (lambda weights: models.inception_v3(weights=weights, init_weights=True), 299),
    "mobilenet_v2": (models.mobilenet_v2, 224),
    "vit_b_16": (models.vit_b_16, 224),
}

torch.manual_seed(0)
for name in sys.argv[2:] or NETWORKS:
    build, side = NETWORKS[name]
    torch.onnx.export(
        build(weights=None).eval(),
        torch.zeros(1, 3, side, side),
        os.path.join(sys.argv[1], f"{name}.onnx"),
        dynamic_axes={"images": {0: "batch"}, "scores": {0: "batch"}},
        input_names=["images"],
        output_names=["scores"],
        opset_version=17,
        dynamo=False,
    )
