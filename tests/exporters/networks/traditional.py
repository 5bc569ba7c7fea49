"""Classifiers of scikit-learn, by skl2onnx: of grey images of 28×28 pixels as rows of 784 values."""

import numpy as np
from skl2onnx import to_onnx
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from . import record

SHAPE = (28, 28, 1)
SIZE = 784
STEP = 1e-4
# Images whose gradient is measured.
MEASURED = 4


def examples():
    """Ten kinds of waves with noise."""
    random = np.random.default_rng(1)
    rows, columns = np.mgrid[0:28, 0:28] / 28
    kinds = [0.5 + 0.3 * np.sin(2 * np.pi * (k % 4 * rows + k // 4 * columns + k / 10)) for k in range(record.CLASSES)]
    y = np.arange(300) % record.CLASSES
    return np.clip(np.stack([kinds[k] for k in y]).reshape(-1, SIZE) + random.normal(0, 0.35, (300, SIZE)), 0, 1), y


def slopes(model, image, label):
    """Gradient of the cross entropy by central differences, in double precision."""
    moved = image + STEP * np.concatenate([np.eye(SIZE), -np.eye(SIZE)])
    losses = -model.predict_log_proba(moved)[:, label]
    return ((losses[:SIZE] - losses[SIZE:]) / (2 * STEP)).reshape(SHAPE)


def classifier(name, model, smooth, zipmap=False):
    """@param smooth whether it has gradients."""

    def make(folder):
        model.fit(*examples())
        options = {"zipmap": zipmap} if zipmap else {id(model): {"zipmap": False}}
        written = to_onnx(model, examples()[0][:1].astype(np.float32), options=None if zipmap else options, target_opset=17)
        (folder / "model/model.onnx").write_bytes(written.SerializeToString())
        rows = record.images(SHAPE).reshape(-1, SIZE)
        (scores_name,) = [one.name for one in written.graph.output if "prob" in one.name.lower()]
        if zipmap:
            scores = model.predict_proba(rows).astype(np.float32)
        else:
            scores = record.run_file(folder, rows, scores_name).astype(np.float32)
        known = {"twin": model.predict_proba(rows)}
        if smooth:
            known["gradient"] = np.stack(
                [slopes(model, row.astype(np.float64), i % record.CLASSES) for i, row in enumerate(rows[:MEASURED])]
            )
        record.describe(folder, "skl2onnx", SHAPE, scores, output="PROBABILITIES", **known)

    record.attempt(f"sklearn-{name}", "skl2onnx", make)


def make(short):
    classifier("logistic-regression", LogisticRegression(C=0.1), True)
    classifier("forest", RandomForestClassifier(20, random_state=0), False)
    if short:
        return
    classifier("logistic-regression-zipmap", LogisticRegression(C=0.1), True, zipmap=True)
    classifier("perceptron", MLPClassifier((32,), max_iter=30, random_state=0), True)
    classifier("svm", SVC(probability=True, random_state=0), True)
    classifier("pipeline", make_pipeline(StandardScaler(), PCA(16, random_state=0), LogisticRegression()), True)
    classifier(
        "pipeline-scaled-perceptron",
        make_pipeline(MinMaxScaler(), MLPClassifier((16, 16), activation="tanh", max_iter=30, random_state=0)),
        True,
    )
    classifier("discriminant-analysis", LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5), True)
    classifier("naive-bayes", GaussianNB(var_smoothing=200), True)
    classifier("boosting", GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=0), False)
    classifier("neighbours", KNeighborsClassifier(5), False)
