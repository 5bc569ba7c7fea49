"""Attacks of the Adversarial Robustness Toolbox (Nicolae et al. 2018, arXiv 1807.01069), for those that the others lack."""

import math

import numpy as np
import torch
from art.attacks import evasion
from art.estimators.classification import PyTorchClassifier
from registry import original
from torch import nn

art = original("adversarial-robustness-toolbox")

# GeoDA names it, and NumPy 2 has it no more.
np.mat = np.asmatrix


class _Probabilities(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return torch.softmax(self.network(x), 1)


def _classifier(network, x):
    return PyTorchClassifier(network, nn.CrossEntropyLoss(), tuple(x.shape[1:]), 10, clip_values=(0, 1), device_type="cpu")


def _run(attack, network, x, y, /, **options):
    return torch.from_numpy(attack(_classifier(network, x), verbose=False, **options).generate(x.numpy(), y))


@art
def simba(network, x, y, seed, step, queries, basis):
    options = {"attack": basis, "epsilon": step, "max_iter": queries, "freq_dim": x.shape[-1]}
    return _run(evasion.SimBA, _Probabilities(network), x, nn.functional.one_hot(y, 10).numpy(), **options)


@art
def saliency_map(network, x, y, seed, theta):
    """Towards a random wrong class for each image: it always has a target."""
    return _run(evasion.SaliencyMapMethod, network, x, None, theta=theta, gamma=1.0, batch_size=len(x))


@art
def universal_perturbation(network, x, y, seed, epsilon, epochs, norm):
    """Learned from the images that it is tried on, by DeepFool on one after the other, as its paper has it."""
    order = {"Linf": np.inf, "L2": 2}[norm]
    options = {"attacker": "deepfool", "attacker_params": {"verbose": False}, "delta": 0.0, "max_iter": epochs}
    labels = nn.functional.one_hot(y, 10).numpy()
    return _run(evasion.UniversalPerturbation, network, x, labels, eps=epsilon, norm=order, **options).float()


@art
def adversarial_patch(network, x, y, seed, diameter, rotation, epochs):
    """A disc learned from the images that it is tried on. @param diameter as a share of the image's side."""
    size = {"scale_min": diameter, "scale_max": diameter + 1e-6, "rotation_max": rotation, "patch_shape": tuple(x.shape[1:])}
    options = {"learning_rate": 0.05, "max_iter": epochs, "batch_size": 32, "patch_type": "circle", "targeted": False}
    attack = evasion.AdversarialPatchPyTorch(_classifier(network, x), verbose=False, **size, **options)
    attack.generate(x.numpy(), nn.functional.one_hot(y, 10).numpy())
    return torch.from_numpy(attack.apply_patch(x.numpy(), diameter)).float()


class _EndingGeoDA(evasion.GeoDA):
    """Without an end to its search for noise of a wrong class, which there is none of where the network takes all noise for the class of the image."""

    def _is_adversarial(self, x_adv, y_true):
        self.asked += 1
        return self.asked > MOST_ASKED or super()._is_adversarial(x_adv, y_true)

    def _find_random_adversarial(self, x, y):
        self.asked = 0
        found = super()._find_random_adversarial(x, y)
        self.asked = -math.inf
        return found


#: Of the noise of an image: its standard deviation is 20 then, so that nearly all of its values are black or white.
MOST_ASKED = 1000


@art
def geo_da(network, x, y, seed, queries, norm, frequencies, tolerance):
    order = {"LINF": np.inf, "L2": 2}[norm]
    options = {"norm": order, "max_iter": queries, "sub_dim": frequencies, "bin_search_tol": tolerance}
    return _run(_EndingGeoDA, network, x, nn.functional.one_hot(y, 10).numpy(), **options).float()


@art
def sign_opt(network, x, y, seed, queries):
    options = {"targeted": False, "query_limit": queries}
    return _run(evasion.SignOPTAttack, network, x, nn.functional.one_hot(y, 10).numpy(), **options).float()


@art
def zoo(network, x, y, seed, steps, searches, constant, coordinates):
    """Without the search in smaller images and the importance sampling, which are for large images."""
    options = {"max_iter": steps, "binary_search_steps": searches, "initial_const": constant, "nb_parallel": coordinates}
    plain = {"use_resize": False, "use_importance": False, "batch_size": 1}
    return _run(evasion.ZooAttack, network, x, nn.functional.one_hot(y, 10).numpy(), **options, **plain).float()


@art
def newton_fool(network, x, y, seed, steps, eta):
    """That of Foolbox divides by the fourth power of the gradient's length, so that its steps end at the corners of the range."""
    return _run(evasion.NewtonFool, _Probabilities(network), x, None, max_iter=steps, eta=eta, batch_size=len(x))
