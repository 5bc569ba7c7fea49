"""Attacks of adversarial-library by the authors of DDN, FMN and ALMA, which has adaptations of AutoAttack's and of Carlini and Wagner's code too."""

import math
import sys
from types import ModuleType

from registry import original

# The library imports visdom to draw, which nobody asks of it here: an empty module spares its packages.
sys.modules.setdefault("visdom", ModuleType("visdom"))

from adv_lib import attacks  # noqa: E402

adv_lib = original("adv-lib")

NORMS = {"L0": 0, "L1": 1, "L2": 2, "LINF": math.inf}


@adv_lib
def ddn(network, x, y, seed, steps):
    """On floats: without the levels to which it rounds by default."""
    return attacks.ddn(network, x, y, steps=steps, levels=None)


@adv_lib
def ddn_levels(network, x, y, seed, steps):
    """On 256 levels, its default."""
    return attacks.ddn(network, x, y, steps=steps)


@adv_lib
def fmn(network, x, y, seed, steps, norm):
    return attacks.fmn(network, x, y, norm=NORMS[norm], steps=steps)


@adv_lib
def fab(network, x, y, seed, steps, norm):
    return attacks.fab(network, x, y, norm=NORMS[norm], n_iter=steps)


@adv_lib
def fab_t(network, x, y, seed, steps, norm):
    """All wrong classes in turn."""
    return attacks.fab(network, x, y, norm=NORMS[norm], n_iter=steps, restarts=9, targeted_restarts=True)


@adv_lib
def carlini_wagner_linf(network, x, y, seed, steps):
    """With the rate of the authors' code, which the library doubles."""
    return attacks.carlini_wagner_linf(network, x, y, max_iterations=steps, learning_rate=0.005)


@adv_lib
def apgd_l1(network, x, y, seed, epsilon, steps, loss):
    """As AutoAttack runs it in L1: with the budget made smaller in three stages."""
    return attacks.apgd(network, x, y, eps=epsilon, norm=1, n_iter=steps, loss_function=loss, use_large_reps=True)


@adv_lib
def apgd_t_l1(network, x, y, seed, epsilon, steps):
    return attacks.apgd_targeted(network, x, y, eps=epsilon, norm=1, n_iter=steps, use_large_reps=True)


@adv_lib
def sigma_zero(network, x, y, seed, steps):
    return attacks.sigma_zero(network, x, y, num_steps=steps)


@adv_lib
def alma(network, x, y, seed, steps, distance):
    return attacks.alma(network, x, y, num_steps=steps, distance=distance)


@adv_lib
def pdpgd(network, x, y, seed, steps, norm):
    """In L0 by the proximal operator of L2/3, which the library recommends."""
    return attacks.pdpgd(network, x, y, norm=NORMS[norm], num_steps=steps, proximal_operator=23 if norm == "L0" else None)


@adv_lib
def super_deep_fool(network, x, y, seed):
    return attacks.sdf(network, x, y)
