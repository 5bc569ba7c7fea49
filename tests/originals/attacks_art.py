"""Attacks of the Adversarial Robustness Toolbox (Nicolae et al. 2018, arXiv 1807.01069), for those that the others lack."""

import torch
from art.attacks import evasion
from art.estimators.classification import PyTorchClassifier
from registry import original
from torch import nn

art = original("adversarial-robustness-toolbox")


class _Probabilities(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return torch.softmax(self.network(x), 1)


def _run(attack, network, x, y, /, **options):
    classifier = PyTorchClassifier(network, nn.CrossEntropyLoss(), tuple(x.shape[1:]), 10, clip_values=(0, 1), device_type="cpu")
    return torch.from_numpy(attack(classifier, verbose=False, **options).generate(x.numpy(), y))


@art
def simba(network, x, y, seed, step, queries, basis):
    options = {"attack": basis, "epsilon": step, "max_iter": queries, "freq_dim": x.shape[-1]}
    return _run(evasion.SimBA, _Probabilities(network), x, nn.functional.one_hot(y, 10).numpy(), **options)


@art
def saliency_map(network, x, y, seed, theta):
    """Towards a random wrong class for each image: it always has a target."""
    return _run(evasion.SaliencyMapMethod, network, x, None, theta=theta, gamma=1.0, batch_size=len(x))
