import numpy as np
import torch
from art.attacks.evasion import FastGradientMethod
from art.estimators.classification import PyTorchClassifier
from network import images, labels, network

x = np.transpose(images / 255, (0, 3, 1, 2)).astype(np.float32)
classifier = PyTorchClassifier(
    model=network,
    loss=torch.nn.CrossEntropyLoss(),
    input_shape=(1, 28, 28),
    nb_classes=10,
    clip_values=(0, 1),
    device_type="cpu",
)
adversarial = FastGradientMethod(classifier, eps=25 / 255).generate(x, labels)
print((classifier.predict(adversarial).argmax(1) == labels).mean())
