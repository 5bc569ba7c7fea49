"""Files that tools have changed after the export: half precision, quantisation, onnxruntime's optimisations, external data."""

import numpy as np
import onnx
import onnxruntime
import torch
from onnxconverter_common import float16
from onnxruntime import quantization
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType

from . import record
from .modules import Residual, Transformer, plain
from .torch_twin import export, lively, reference, seed_of

SHAPE = (32, 32, 3)
FP16, QUANTIZATION, OPTIMISED, ONNX = "onnxconverter-common", "onnxruntime.quantization", "onnxruntime optimised", "onnx"


class Calibration(quantization.CalibrationDataReader):
    def __init__(self):
        self.images = iter(record.images(SHAPE).transpose(0, 3, 1, 2))

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"image": image[None]}


def convert(name, exporter, build, change, precision="SINGLE", exporter_of_source="torch script", half_input=False):
    """@param change writes the changed file: `(source, target)`, paths."""

    def make(folder):
        torch.manual_seed(seed_of(name))
        model = lively(build().eval(), SHAPE)
        source = folder / "source.onnx"
        pixels = torch.from_numpy(record.images(SHAPE).transpose(0, 3, 1, 2).copy())
        export(model, source, exporter_of_source, pixels[:2])
        change(str(source), str(folder / "model/model.onnx"))
        feed = pixels.numpy().astype(np.float16 if half_input else np.float32)
        if precision == "QUANTISED":
            # On processors without VNNI, onnxruntime's fused kernels of 8 bits saturate where the operators of the file do not.
            record.write(folder, "optimised", record.run_file(folder, feed, optimised=True))
        scores = record.run_file(folder, feed).astype(np.float32)
        score_rounding = nudged(folder, feed, scores) if precision == "QUANTISED" else 0.0
        known = reference(model, SHAPE)
        record.describe(folder, exporter, SHAPE, scores, **known, precision=precision, score_rounding=score_rounding)

    record.attempt(name, exporter, make)


def nudged(folder, feed, scores):
    """How far the file's scores move, relative to the largest, where pixels change by a millionth: a value between two levels of 8 bits may become either, and what follows from it."""
    random = np.random.default_rng(7)
    nudges = [(feed * (1 + 1e-6 * random.random(feed.shape))).astype(np.float32) for _ in range(5)]
    return max(float(np.abs(record.run_file(folder, one) - scores).max() / np.abs(scores).max()) for one in nudges)


def to_half(**options):
    def change(source, target):
        onnx.save(float16.convert_float_to_float16(onnx.load(source), **options), target)

    return change


def static(**options):
    def change(source, target):
        prepared = source + ".prepared.onnx"
        quantization.shape_inference.quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantization.quantize_static(prepared, target, Calibration(), calibrate_method=CalibrationMethod.MinMax, **options)

    return change


def dynamic(weights, **options):
    return lambda source, target: quantization.quantize_dynamic(source, target, weight_type=weights, **options)


def optimised(level):
    def change(source, target):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        options.optimized_model_filepath = target
        options.log_severity_level = 4
        onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])

    return change


def external(one_file):
    def change(source, target):
        options = {"all_tensors_to_one_file": one_file, "location": "weights.bin" if one_file else None}
        onnx.save(onnx.load(source), target, save_as_external_data=True, size_threshold=0, **options)

    return change


def make(short):
    levels = onnxruntime.GraphOptimizationLevel
    convert("half-floats-outside", FP16, plain, to_half(keep_io_types=True), "HALF")
    convert("half-inside-and-outside", FP16, plain, to_half(keep_io_types=False), "HALF", half_input=True)
    convert("quantised-qdq", QUANTIZATION, plain, static(quant_format=QuantFormat.QDQ), "QUANTISED")
    convert("optimised-extended", OPTIMISED, Residual, optimised(levels.ORT_ENABLE_EXTENDED))
    if short:
        return
    convert("half-transformer", FP16, Transformer, to_half(keep_io_types=True), "HALF", "torch dynamo")
    convert(
        "half-softmax-kept-single",
        FP16,
        Transformer,
        to_half(keep_io_types=True, op_block_list=["Softmax", "LayerNormalization"]),
        "HALF",
        "torch dynamo",
    )
    convert(
        "quantised-qdq-per-channel",
        QUANTIZATION,
        Residual,
        static(quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8),
        "QUANTISED",
    )
    convert(
        "quantised-qdq-int8",
        QUANTIZATION,
        plain,
        static(quant_format=QuantFormat.QDQ, activation_type=QuantType.QInt8, weight_type=QuantType.QInt8),
        "QUANTISED",
    )
    convert("quantised-operators", QUANTIZATION, Residual, static(quant_format=QuantFormat.QOperator), "QUANTISED")
    convert(
        "quantised-operators-uint8",
        QUANTIZATION,
        plain,
        static(quant_format=QuantFormat.QOperator, activation_type=QuantType.QUInt8, weight_type=QuantType.QUInt8),
        "QUANTISED",
    )
    convert("quantised-dynamic", QUANTIZATION, plain, dynamic(QuantType.QUInt8), "QUANTISED")
    # Weights of 7 bits: without VNNI, onnxruntime's products of uint8 and int8 saturate, which the operators of the file do not.
    convert("quantised-dynamic-int8", QUANTIZATION, Transformer, dynamic(QuantType.QInt8, reduce_range=True), "QUANTISED")
    convert("quantised-qdq-transformer", QUANTIZATION, Transformer, static(quant_format=QuantFormat.QDQ), "QUANTISED")
    convert("optimised-basic", OPTIMISED, Residual, optimised(levels.ORT_ENABLE_BASIC))
    convert("optimised-all", OPTIMISED, Residual, optimised(levels.ORT_ENABLE_ALL))
    convert("optimised-extended-plain", OPTIMISED, plain, optimised(levels.ORT_ENABLE_EXTENDED))
    convert("optimised-extended-transformer", OPTIMISED, Transformer, optimised(levels.ORT_ENABLE_EXTENDED))
    convert("external-one-file", ONNX, plain, external(True))
    convert("external-many-files", ONNX, plain, external(False))
