"""Models as users of Keras write them; `k` is the module of Keras 2 or 3."""

from .record import CLASSES
from .tensorflow_twin import (
    submit,
    to_graph_model,
    to_layers_model,
    to_layers_model_in_process,
    to_onnx_by_keras,
    to_onnx_by_tf2onnx,
    to_onnx_channels_first,
    to_onnx_from_keras_2,
)


def sequential(k, *layers, shape=(32, 32, 3), softmax=True):
    return k.Sequential([k.layers.Input(shape), *layers, k.layers.Dense(CLASSES, activation="softmax" if softmax else None)])


def convolutional(k):
    layers = k.layers
    return sequential(
        k,
        layers.Conv2D(16, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.DepthwiseConv2D(3, strides=2, padding="same", activation="relu6"),
        layers.SeparableConv2D(24, 3, activation="elu"),
        layers.Dropout(0.3),
        layers.AveragePooling2D(2, padding="same"),
        layers.Flatten(),
        layers.Dense(32, activation="relu"),
    )


def with_logits(k):
    return sequential(k, k.layers.Conv2D(8, 5, strides=2, activation="swish"), k.layers.GlobalAveragePooling2D(), softmax=False)


def residual(k):
    layers = k.layers
    image = layers.Input((32, 32, 3))
    x = layers.Rescaling(2.0, offset=-1)(image)
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.Conv2D(16, 3, padding="same")(x)
    y = layers.BatchNormalization()(y)
    # Squeeze and excitation (Hu et al. 2018).
    s = layers.GlobalAveragePooling2D(keepdims=True)(y)
    s = layers.Conv2D(16, 1, activation="sigmoid")(layers.Conv2D(4, 1, activation="relu")(s))
    x = layers.Add()([x, layers.Multiply()([y, s])])
    x = layers.Concatenate()([layers.GlobalMaxPooling2D()(x), layers.GlobalAveragePooling2D()(x)])
    return k.Model(image, layers.Dense(CLASSES, activation="softmax")(x))


def nested(k):
    """A model and a layer that are used twice."""
    layers = k.layers
    inner = k.Sequential([layers.Input((32, 32, 3)), layers.Conv2D(8, 3, strides=2, activation="relu"), layers.GlobalAveragePooling2D()])
    shared = layers.Dense(8, activation="tanh")
    image = layers.Input((32, 32, 3))
    flipped = layers.Permute((2, 1, 3))(image)
    parts = [shared(inner(image)), shared(inner(flipped))]
    return k.Model(image, layers.Dense(CLASSES, activation="softmax")(layers.Subtract()(parts)))


def normalised(k):
    """Normalisation layers, one with adapted statistics."""
    layers = k.layers
    return sequential(
        k,
        layers.Normalization(axis=-1, mean=[0.48, 0.45, 0.4], variance=[0.05, 0.04, 0.06]),
        layers.ZeroPadding2D(2),
        layers.Conv2D(16, 3, strides=2),
        layers.LayerNormalization(),
        layers.LeakyReLU(),
        layers.Conv2D(16, 3, strides=2),
        layers.GroupNormalization(4),
        layers.PReLU(shared_axes=[1, 2]),
        layers.UnitNormalization(),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="swish"),
        layers.Cropping2D(3),
        layers.GlobalAveragePooling2D(),
    )


def attention(k):
    """Patches, attention, `EinsumDense`."""
    layers = k.layers
    image = layers.Input((32, 32, 3))
    x = layers.Conv2D(32, 8, strides=8)(image)
    x = layers.Reshape((16, 32))(x)
    x = layers.Add()([x, layers.MultiHeadAttention(4, 8)(x, x)])
    x = layers.LayerNormalization(epsilon=1e-6)(x)
    x = layers.EinsumDense("abc,cd->abd", output_shape=(None, 32), bias_axes="d", activation="swish")(x)
    x = layers.GlobalAveragePooling1D()(x)
    return k.Model(image, layers.Dense(CLASSES, activation="softmax")(x))


def recurrent(k):
    return sequential(k, k.layers.Reshape((32, 96)), k.layers.LSTM(16))


def mobile(k):
    """A network of `keras.applications`, at CIFAR-10's size."""
    return k.applications.MobileNetV2(input_shape=(32, 32, 3), alpha=0.35, weights=None, classes=CLASSES)


def efficient(k):
    """Takes pixels from 0 to 255: its first layers rescale and normalise."""
    return k.applications.EfficientNetB0(input_shape=(32, 32, 3), weights=None, classes=CLASSES)


def perceptron(k):
    return sequential(k, k.layers.Flatten(), k.layers.Dense(32, activation="selu"), k.layers.Activation("hard_sigmoid"), shape=(28, 28, 1))


def gaussian_errors(k):
    return sequential(k, k.layers.Conv2D(8, 3, strides=2, activation="gelu"), k.layers.Flatten())


MODELS = {
    "convolutional": convolutional,
    "residual": residual,
    "nested": nested,
    "normalised": normalised,
    "attention": attention,
    "mobilenet": mobile,
}

BYTES = {"prepare": lambda x: 255 * x, "spec": {"valueRange": [0, 255]}}


def make():
    for name, build in MODELS.items():
        submit(f"tf2onnx-{name}", "tf2onnx", build, to_onnx_by_tf2onnx)
        submit(f"layers-{name}.keras-2", "tensorflowjs, Keras 2", build, to_layers_model_in_process, "keras 2")
        submit(f"layers-{name}.keras-3", "tensorflowjs, Keras 3", build, to_layers_model)
        submit(f"graph-{name}.keras-3", "tensorflowjs, GraphModel", build, to_graph_model)
    submit("tf2onnx-channels-first", "tf2onnx", convolutional, to_onnx_channels_first)
    submit("tf2onnx-keras-2", "tf2onnx", convolutional, to_onnx_from_keras_2, "keras 2")
    submit("tf2onnx-logits", "tf2onnx", with_logits, to_onnx_by_tf2onnx, output="LOGITS")
    submit("tf2onnx-efficientnet", "tf2onnx", efficient, to_onnx_from_keras_2, "keras 2", **BYTES)
    submit("tf2onnx-recurrent", "tf2onnx", recurrent, to_onnx_by_tf2onnx)
    submit("keras-export-residual", "keras export", residual, to_onnx_by_keras)
    submit("keras-export-attention", "keras export", attention, to_onnx_by_keras)
    submit("layers-efficientnet.keras-2", "tensorflowjs, Keras 2", efficient, to_layers_model_in_process, "keras 2", **BYTES)
    submit("layers-perceptron.keras-2", "tensorflowjs, Keras 2", perceptron, to_layers_model, "keras 2", shape=(28, 28, 1))
    submit("layers-perceptron.keras-3", "tensorflowjs, Keras 3", perceptron, to_layers_model, shape=(28, 28, 1))
    submit("layers-gelu.keras-3", "tensorflowjs, Keras 3", gaussian_errors, to_layers_model)
    submit("layers-recurrent.keras-2", "tensorflowjs, Keras 2", recurrent, to_layers_model, "keras 2")
    submit("graph-perceptron.keras-2", "tensorflowjs, GraphModel", perceptron, to_graph_model, "keras 2", shape=(28, 28, 1))
    submit("graph-logits.keras-2", "tensorflowjs, GraphModel", with_logits, to_graph_model, "keras 2", output="LOGITS")
    submit("graph-efficientnet.keras-3", "tensorflowjs, GraphModel", efficient, to_graph_model, **BYTES)
