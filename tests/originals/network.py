"""Networks of ONNX files that the product writes, as PyTorch modules that count what they are asked."""

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn


class _CountedInput(torch.autograd.Function):
    """The identity. Adds the images that go forward and the gradients of images that come back."""

    @staticmethod
    def forward(context, x, network):
        context.network = network
        network.queries += len(x)
        return x.view_as(x)

    @staticmethod
    def backward(context, gradient):
        context.network.gradients += len(gradient)
        return gradient, None


class Network(nn.Module):
    """Logits of images `[n, channels, height, width]` with pixels in [0, 1], n as the caller likes.

    The few operators of the shipped networks are read; a file with another one raises KeyError.
    """

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(path).graph
        self.input, self.output = graph.input[0].name, graph.output[0].name
        self.batch = graph.input[0].type.tensor_type.shape.dim[0].dim_value
        self.weights = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in graph.initializer}
        self.nodes = [(OPERATORS[n.op_type], _attributes(n), list(n.input), n.output[0]) for n in graph.node]
        self.queries = self.gradients = 0
        # Libraries look for a parameter, to see where the network is.
        self.device = nn.Parameter(torch.zeros(()), requires_grad=False)

    def forward(self, x):
        # The file takes channels last.
        values = {**self.weights, self.input: _CountedInput.apply(x, self).permute(0, 2, 3, 1)}
        for operator, attributes, inputs, output in self.nodes:
            values[output] = operator(self.batch, attributes, *(values[name] for name in inputs))
        return values[self.output]


def _attributes(node):
    return {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}


def _reshape(batch, _, x, shape):
    # The number of images is written into the file, and is no other length there.
    lengths = shape.tolist()
    assert lengths.count(batch) == 1, f"A reshape to {lengths} does not say where the images are."
    return x.reshape([-1 if length == batch else length for length in lengths])


def _padded(x, pads, value=0.0):
    """ONNX has all beginnings, then all ends; PyTorch has pairs, the last dimension first."""
    if not any(pads):
        return x
    half = len(pads) // 2
    pairs = [(pads[i], pads[half + i]) for i in reversed(range(half))]
    return F.pad(x, [length for pair in pairs for length in pair], value=value)


def _conv(_, at, x, weight, bias=None):
    return F.conv2d(_padded(x, at["pads"]), weight, bias, at["strides"], 0, at["dilations"], at["group"])


def _max_pool(_, at, x):
    return F.max_pool2d(_padded(x, at["pads"], -float("inf")), at["kernel_shape"], at["strides"])


def _gemm(_, at, x, weight, bias):
    return torch.addmm(bias, x.T if at["transA"] else x, weight.T if at["transB"] else weight, beta=at["beta"])


OPERATORS = {
    "Add": lambda _, at, a, b: a + b,
    "Conv": _conv,
    "Gemm": _gemm,
    "MaxPool": _max_pool,
    "Mul": lambda _, at, a, b: a * b,
    "Pad": lambda _, at, x, pads, value: _padded(x, pads.tolist(), value.item()),
    "ReduceMean": lambda _, at, x, axes: x.mean(axes.tolist(), keepdim=bool(at["keepdims"])),
    "Relu": lambda _, at, x: F.relu(x),
    "Reshape": _reshape,
    "Transpose": lambda _, at, x: x.permute(at["perm"]),
}
