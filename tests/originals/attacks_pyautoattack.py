"""AutoAttack by its authors' code (Croce & Hein 2020), which has L1 too, as the package pyautoattack keeps it."""

from pyautoattack import autoattack
from registry import original

pyautoattack = original("pyautoattack")


@pyautoattack
def square_l1(network, x, y, seed, epsilon, queries):
    """With the schedule that version `standard` has."""
    options = {"n_queries": queries, "eps": epsilon, "seed": seed, "resc_schedule": False}
    return autoattack.SquareAttack(network, norm="L1", **options).perturb(x, y)


@pyautoattack
def auto_attack_l1(network, x, y, seed, epsilon, steps, queries):
    """Version `standard`, with as many steps and queries as the request says."""
    attack = autoattack.AutoAttack(network, norm="L1", eps=epsilon, seed=seed)
    for stage in (attack.apgd, attack.apgd_targeted):
        stage.n_iter = stage.n_iter_orig = steps
    attack.fab.n_iter = steps
    attack.square.n_queries = queries
    images, _ = attack.run_standard_evaluation(x, y)
    return images


@pyautoattack
def auto_attack_standard(network, x, y, seed, epsilon, norm):
    """Version `standard` as it is."""
    attack = autoattack.AutoAttack(network, norm=norm, eps=epsilon, seed=seed, version="standard")
    images, _ = attack.run_standard_evaluation(x, y)
    return images
