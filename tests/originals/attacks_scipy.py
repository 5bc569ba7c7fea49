"""Attacks whose original is an optimiser of SciPy: no package that is kept up has them any more."""

import numpy as np
import torch
from registry import original
from scipy.optimize import fmin_l_bfgs_b

scipy_attack = original("scipy")

#: As the search for c in CleverHans's code of the attack (version 3.1).
NO_LIMIT = 1e9


@scipy_attack
def lbfgs(network, x, y, seed, steps, searches, constant):
    """Box-constrained L-BFGS (Szegedy et al. 2013), image by image: the squared length of the change and c times the cross-entropy of all wrong classes."""
    return torch.cat([_shortest(network, image[None], label, steps, searches, constant) for image, label in zip(x, y)])


def _shortest(network, x, label, steps, searches, constant):
    def image_of(flat):
        return torch.from_numpy(flat.astype(np.float32)).reshape(x.shape)

    def loss(flat, c):
        image = image_of(flat).requires_grad_()
        scores = network(image)[0]
        others = torch.cat([scores[:label], scores[label + 1 :]])
        # -log(1 - p), of which p is the probability of the true class.
        wrong = torch.logsumexp(scores, 0) - torch.logsumexp(others, 0)
        value = (image - x).square().sum() + c * wrong
        (gradient,) = torch.autograd.grad(value, image)
        return value.item(), gradient.numpy().ravel().astype(np.float64)

    start = x.numpy().ravel().astype(np.float64)
    best, shortest, low, high, c = x, np.inf, 0.0, 10 * NO_LIMIT, constant
    for _ in range(searches):
        found, *_ = fmin_l_bfgs_b(loss, start, args=(c,), bounds=[(0, 1)] * start.size, maxiter=steps)
        image = image_of(found).clamp(0, 1)
        with torch.no_grad():
            is_fooled = network(image)[0].argmax() != label
        if is_fooled:
            length = float((image - x).norm())
            best, shortest = (image, length) if length < shortest else (best, shortest)
            high = min(high, c)
            c = (low + high) / 2
        else:
            low = max(low, c)
            c = (low + high) / 2 if high < NO_LIMIT else 10 * c
    return best
