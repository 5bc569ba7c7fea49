"""Networks of PyTorch: weights that are not degenerate, both exporters, and what PyTorch itself computes for the images."""

import os
import warnings
import zlib

import numpy as np
import torch
from torch import nn

from . import record

warnings.filterwarnings("ignore")
torch.set_num_threads(int(os.environ.get("GAUNTLET_EXPORTER_THREADS", "1")))


def seed_of(name):
    return zlib.crc32(name.encode())


def lively(model, shape):
    """Replaces what initialisation leaves constant (zero heads, layer scales of 1e-6, moving statistics of 0 and 1) by what a trained network might have."""
    height, width, channels = shape
    with torch.no_grad():
        batch = torch.from_numpy(record.images(shape).transpose(0, 3, 1, 2).copy())
        # Lazy layers get their shapes.
        model.eval()
        model(batch[:2])
        for name, parameter in model.named_parameters():
            if parameter.numel() > 1 and float(parameter.std()) > 1e-5:
                continue
            constant = float(parameter.flatten()[0])
            noise = torch.randn_like(parameter)
            if parameter.ndim >= 2 and parameter.shape[0] > 1 and parameter.shape[1] > 1 and abs(constant) < 1e-3:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
            elif abs(constant) < 1e-3 and not name.endswith(("bias", "b")):
                parameter.copy_(0.4 + 0.1 * noise)
            else:
                parameter.add_(0.1 * noise)
        norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
        if norms:
            for module in norms:
                # The mean of what the batches have.
                module.reset_running_stats()
                module.momentum = None
                module.train()
            for _ in range(2):
                count = 8 if height > 100 else 32
                model(torch.rand(count, channels, 1, 1) * 0.3 + 0.7 * batch[torch.randint(len(batch), (count,))])
            model.eval()
        scale_head(model, batch)
    return model


def scale_head(model, batch):
    """Classes that are neither certain nor all alike: the last linear layer is moved and scaled, so that each score has a mean of 0 and a deviation of 1.5 over images."""
    layers = [module for module in model.modules() if isinstance(module, nn.Linear) and module.out_features in (1, record.CLASSES)]
    if not layers or hasattr(layers[-1], "parametrizations") or layers[-1].bias is None:
        return
    seen = []
    hook = layers[-1].register_forward_hook(lambda _module, _input, result: seen.append(result))
    model(batch)
    hook.remove()
    scores = seen[-1].reshape(-1, layers[-1].out_features)
    scale = 1.5 / (scores - scores.mean(0)).std()
    if bool(torch.isfinite(scale)):
        layers[-1].weight.mul_(scale)
        layers[-1].bias.sub_(scores.mean(0)).mul_(scale)


def logits_of(result):
    """The scores among what a module returns."""
    if isinstance(result, torch.Tensor):
        return result
    if hasattr(result, "logits"):
        return result.logits
    return next(part for part in result if part.ndim == 2 and part.shape[1] == record.CLASSES)


def export(model, path, exporter, example, opset=None, outputs=("logits",), dynamic=True, training=False):
    """@param exporter `torch dynamo` or `torch script`."""
    names = {"input_names": ["image"], "output_names": list(outputs)}
    if exporter.endswith("script"):
        mode = torch.onnx.TrainingMode.TRAINING if training else torch.onnx.TrainingMode.EVAL
        axes = {name: {0: "n"} for name in ["image", *outputs]} if dynamic else None
        torch.onnx.export(model, (example,), path, dynamo=False, opset_version=opset or 17, dynamic_axes=axes, training=mode, **names)
        return
    shapes = ({0: torch.export.Dim("n", min=1, max=64)},) if dynamic else None
    torch.onnx.export(model, (example,), path, dynamo=True, opset_version=opset, dynamic_shapes=shapes, verbose=False, **names)


def reference(twin, shape, output="LOGITS", module=None):
    """Scores, gradients of the cross entropy, how far rounding takes those, and classes after FGSM. @param twin from pixels `[n, channels, height, width]` in [0, 1] to scores. @param module that the twin runs, where its rounding is to be measured."""
    pixels = torch.from_numpy(record.images(shape).transpose(0, 3, 1, 2).copy())
    scores, gradients = along_gradients(twin, pixels, output)
    if not is_own_gradient(twin, pixels, gradients, output):
        return {"twin": scores, **by_differences(twin, pixels[:1], output, module)}
    known = {"twin": scores, "gradient": gradients}
    unsure = np.zeros(len(pixels))
    if module is not None:
        known["rounding"] = 0.0
        # Rounded otherwise: after a change far below what any format of pictures holds, and in double precision.
        for images in (pixels * (1 + 1e-6 * torch.rand_like(pixels)), pixels.double()):
            try:
                # In place, since not every module can be copied.
                module.to(images.dtype)
                _, rounded = along_gradients(twin, images, output)
            except RuntimeError:
                continue  # A network with constants in single precision has no twin in double.
            finally:
                module.float()
            known["rounding"] = max(known["rounding"], furthest(rounded, gradients))
            unsure = np.maximum(unsure, np.abs(rounded - gradients).max((1, 2, 3)))

    def scores_of(image):
        with torch.no_grad():
            return twin(torch.from_numpy(image.transpose(2, 0, 1)[None].copy()))[0].numpy()

    known["fgsm"] = [record.fgsm_class(*each, scores_of) for each in zip(record.images(shape), gradients, unsure)]
    return known


def is_own_gradient(twin, pixels, gradients, output):
    """Whether the scores change along the gradients at all as these say. Those of timm's XCiT, in PyTorch 2.15, are no derivatives of its own scores: central
    differences are between -0.06 and 0.17 of their lengths, in double precision too, so that there is nothing to compare with."""
    ratios = []
    for i, (image, gradient) in enumerate(zip(pixels, gradients)):
        length = np.linalg.norm(gradient)
        if not 1e-12 < length < np.inf:
            continue
        step = torch.from_numpy(np.ascontiguousarray(gradient.transpose(2, 0, 1))) * (0.01 / float(length))
        with torch.no_grad():
            above, below = (loss_of(twin((image + change)[None]), i, output).item() for change in (step, -step))
        ratios.append((above - below) / 0.02 / length)
    return not ratios or float(np.median(np.abs(ratios))) > 0.2


def by_differences(twin, pixels, output, module):
    """Gradients `[n, height, width, channels]` by central differences of each pixel, and how far those of half the step are from them; in double precision where the module can be had in it."""
    if module is not None:
        module.double()
    try:
        coarse, fine = (differences(twin, pixels.double() if module is not None else pixels, output, step) for step in (2e-3, 1e-3))
    finally:
        if module is not None:
            module.float()
    return {"gradient": fine, "rounding": furthest(coarse, fine)}


def differences(twin, pixels, output, step, at_once=256):
    gradients = []
    for i, image in enumerate(pixels):
        moves = torch.eye(image.numel(), dtype=image.dtype).reshape(-1, *image.shape) * step
        slopes = []
        for some in moves.split(at_once):
            with torch.no_grad():
                above, below = twin(image + some), twin(image - some)
            slopes += [(loss_of(a[None], i, output) - loss_of(b[None], i, output)).item() / (2 * step) for a, b in zip(above, below)]
        gradients.append(np.array(slopes, np.float32).reshape(image.shape).transpose(1, 2, 0))
    return np.stack(gradients)


def loss_of(row, i, output):
    """Cross entropy of the label of image i. @param row scores `[1, classes]`."""
    label = i % record.CLASSES % row.shape[1]
    if output == "PROBABILITIES":
        return -torch.log(row[0, label].clamp_min(1e-30))
    return nn.functional.cross_entropy(row, torch.tensor([label]))


def along_gradients(twin, pixels, output):
    """Scores `[n, classes]` and gradients `[n, height, width, channels]`."""
    scores, gradients = [], []
    for i, image in enumerate(pixels):
        x = image[None].clone().requires_grad_()
        row = twin(x)
        loss = loss_of(row, i, output)
        (gradient,) = torch.autograd.grad(loss, x)
        scores.append(row.detach()[0].numpy())
        gradients.append(gradient[0].numpy().transpose(1, 2, 0))
    return np.stack(scores), np.stack(gradients)


def furthest(gradients, others):
    """The largest |g - g'| / |g'| of an image. A ReLU at 0 takes either side, and of millions of them some lie there: PyTorch's own gradients of MobileNetV2 at 224 pixels differ by 2 %."""
    return max(float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-12)) for a, b in zip(gradients, others))


def submit(
    name,
    exporter,
    build,
    shape=(32, 32, 3),
    opset=None,
    outputs=("logits",),
    scores=None,
    inputs=None,
    as_scores=lambda result: result,
    dynamic=True,
    calibrate=True,
    differentiable=True,
    training=False,
    **rest,
):
    """Builds, exports and describes a network.

    @param build a function that makes the module. @param scores name of the output with the scores. @param inputs from pixels `[n, channels, height, width]` in [0, 1]
    to what the file takes, and to what the module takes instead, differentiably. @param as_scores from what the module and the file return to `[n, classes]`.
    @param training exports in training mode, as is often done by mistake.
    """

    def make(folder):
        torch.manual_seed(seed_of(name.split(".")[0]))
        model = build().eval()
        if calibrate:
            lively(model, shape)
        for_file, for_module = inputs or (lambda x: x, lambda x: x)
        pixels = torch.from_numpy(record.images(shape).transpose(0, 3, 1, 2).copy())
        example = for_file(pixels[:2] if dynamic else pixels[:1])
        export(model.train(training), folder / "model/model.onnx", exporter, example, opset, outputs, dynamic, training)
        model.eval()
        written = as_scores(torch.from_numpy(record.run_file(folder, for_file(pixels).numpy(), scores))).numpy()
        known = {}
        if differentiable:
            known = reference(lambda x: as_scores(logits_of(model(for_module(x)))), shape, rest.get("output", "LOGITS"), model)
        record.describe(folder, exporter, shape, written, **known, **rest)

    record.attempt(name, exporter, make)


def both(name, build, **rest):
    """By both exporters."""
    submit(f"{name}.script", "torch script", build, **rest)
    submit(f"{name}.dynamo", "torch dynamo", build, **rest)
