"""Writes models of Keras 2 and 3 by tf2onnx, Keras itself and the converter of TensorFlow.js: `make_tensorflow.py --out FOLDER [--only PART_OF_NAME]`.

One line of JSON for each network on standard output; `networks/record.py` says what is in it.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from arguments import parse  # noqa: E402
from networks import keras_models, record  # noqa: E402

parse()
if not record.settings.short:
    keras_models.make()
