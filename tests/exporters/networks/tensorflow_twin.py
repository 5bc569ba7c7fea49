"""Networks of Keras 2 and 3: weights that are not degenerate, the converters to ONNX and TensorFlow.js, and what TensorFlow computes for the images."""

import os
import sys
import types
import zlib

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from . import record

# Imported by the converter of TensorFlow.js for formats that are not tried here.
for name in ("jax", "jax.experimental", "jax.experimental.jax2tf", "flax", "tensorflow_hub", "tensorflow_decision_forests"):
    sys.modules[name] = types.ModuleType(name)

import tensorflowjs  # noqa: E402
import tf2onnx  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(1)
KERAS = {"keras 2": tf_keras, "keras 3": keras}


def lively(model, shape):
    """Biases and scales that are not constant, moving statistics of some images, and scores of deviation 1.5 that have a mean of 0."""
    random = np.random.default_rng(zlib.crc32(model.name.encode()))
    pixels = record.images(shape)
    for variable in model.trainable_weights:
        values = np.asarray(variable)
        if values.size > 1 and values.std() < 1e-5:
            variable.assign(values + 0.1 * random.standard_normal(values.shape))
    for _ in range(20):
        model(np.clip(pixels * random.uniform(0.7, 1, (len(pixels), 1, 1, 1)), 0, 1).astype(np.float32), training=True)
    return model


def reference(model, shape, output, prepare):
    """Scores, gradients of the cross entropy, and classes after FGSM. @param prepare from pixels in [0, 1] to what the model takes."""
    images = record.images(shape)
    labels = tf.constant(record.labels(len(images)))

    def along_gradients(pixels):
        pixels = tf.constant(pixels)
        with tf.GradientTape() as tape:
            tape.watch(pixels)
            scores = model(prepare(pixels), training=False)
            logits = tf.math.log(tf.maximum(scores, 1e-30)) if output == "PROBABILITIES" else tf.nn.log_softmax(scores)
            loss = -tf.reduce_sum(tf.gather(logits, labels, batch_dims=1))
        return scores.numpy(), tape.gradient(loss, pixels).numpy()

    scores, gradients = along_gradients(images)
    # Rounded otherwise, by a change far below what any format of pictures holds.
    _, others = along_gradients((images * (1 + 1e-6 * np.random.default_rng(7).random(images.shape))).astype(np.float32))
    unsure = np.abs(others - gradients).max((1, 2, 3))
    fgsm = [
        record.fgsm_class(*each, lambda image: np.asarray(model(prepare(tf.constant(image[None])), training=False))[0])
        for each in zip(images, gradients, unsure)
    ]
    return {"twin": scores, "gradient": gradients, "fgsm": fgsm}


def to_onnx_by_tf2onnx(model, folder, **options):
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="image")]
    function = tf.function(lambda image: model(image, training=False), input_signature=signature)
    tf2onnx.convert.from_function(function, signature, opset=17, output_path=str(folder / "model.onnx"), **options)


def to_onnx_channels_first(model, folder):
    to_onnx_by_tf2onnx(model, folder, inputs_as_nchw=["image"])


def to_onnx_from_keras_2(model, folder):
    """Of Keras 3, tf2onnx 1.17 finds no outputs this way."""
    tf2onnx.convert.from_keras(model, opset=13, output_path=str(folder / "model.onnx"))


def to_onnx_by_keras(model, folder):
    model.export(str(folder / "model.onnx"), format="onnx")


def to_layers_model(model, folder):
    """As `tensorflowjs_converter --input_format=keras` does."""
    file = str(folder / "source.h5")
    model.save(file)
    tensorflowjs.converters.convert(["--input_format=keras", "--output_format=tfjs_layers_model", file, str(folder)])
    os.remove(file)


def to_layers_model_in_process(model, folder):
    """As `tensorflowjs.converters.save_keras_model` does, which most tutorials call."""
    tensorflowjs.converters.save_keras_model(model, str(folder))


def to_graph_model(model, folder):
    saved = folder.parent / "saved"
    model.export(str(saved))
    tensorflowjs.converters.convert(["--input_format=tf_saved_model", "--output_format=tfjs_graph_model", str(saved), str(folder)])


def submit(name, exporter, build, convert, version="keras 3", shape=(32, 32, 3), output="PROBABILITIES", prepare=lambda x: x, spec=None):
    """@param build from a module of Keras to a model. @param convert writes files: `(model, folder)`. @param prepare from pixels in [0, 1] to what the file takes."""

    def make(folder):
        seed = zlib.crc32(name.encode()) % 2**31
        KERAS[version].utils.set_random_seed(seed)
        model = lively(build(KERAS[version]), shape)
        convert(model, folder / "model")
        known = reference(model, shape, output, prepare)
        files = list((folder / "model").glob("*.onnx"))
        feed = np.asarray(prepare(record.images(shape)), np.float32)
        scores = record.run_file(folder, first_or_last(files[0], feed)) if files else known["twin"]
        record.describe(folder, exporter, shape, scores, **known, output=output, spec=spec)

    record.attempt(name, exporter, make)


def first_or_last(file, feed):
    """The images with channels where the file has them."""
    import onnx

    dimensions = [one.dim_value for one in onnx.load(file, load_external_data=False).graph.input[0].type.tensor_type.shape.dim]
    return feed.transpose(0, 3, 1, 2) if len(dimensions) == 4 and dimensions[1] == feed.shape[3] else feed
