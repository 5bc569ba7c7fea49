"""Attacks of Foolbox (Rauber et al. 2017, arXiv 1707.04131)."""

import foolbox
from registry import original

foolbox_attack = original("foolbox")


def _within(attack, network, x, y, epsilon):
    model = foolbox.PyTorchModel(network, bounds=(0, 1))
    return attack.run(model, x, foolbox.criteria.Misclassification(y), epsilon=epsilon)


def _shortest(attack, network, x, y):
    model = foolbox.PyTorchModel(network, bounds=(0, 1))
    return attack.run(model, x, foolbox.criteria.Misclassification(y))


@foolbox_attack
def fast_gradient_l2(network, x, y, seed, epsilon):
    return _within(foolbox.attacks.L2FastGradientAttack(), network, x, y, epsilon)


@foolbox_attack
def pgd_l1(network, x, y, seed, epsilon, steps):
    """With the sparse steps of Tramèr & Boneh 2019."""
    attack = foolbox.attacks.SparseL1DescentAttack(rel_stepsize=2.5 / steps, steps=steps, random_start=True)
    return _within(attack, network, x, y, epsilon)


@foolbox_attack
def virtual_adversarial(network, x, y, seed, epsilon, steps, xi):
    return _within(foolbox.attacks.VirtualAdversarialAttack(steps=steps, xi=xi), network, x, y, epsilon)


@foolbox_attack
def spatial(network, x, y, seed, rotation, translation, rotations, translations):
    attack = foolbox.attacks.SpatialAttack(translation, rotation, translations, rotations)
    model = foolbox.PyTorchModel(network, bounds=(0, 1))
    return attack.run(model, x, foolbox.criteria.Misclassification(y))


@foolbox_attack
def deep_fool_l2(network, x, y, seed):
    return _shortest(foolbox.attacks.L2DeepFoolAttack(), network, x, y)


@foolbox_attack
def deep_fool_linf(network, x, y, seed):
    return _shortest(foolbox.attacks.LinfDeepFoolAttack(), network, x, y)


@foolbox_attack
def carlini_wagner_l2(network, x, y, seed, steps, searches):
    return _shortest(foolbox.attacks.L2CarliniWagnerAttack(binary_search_steps=searches, steps=steps), network, x, y)


@foolbox_attack
def ead(network, x, y, seed, steps, searches, beta, rule):
    attack = foolbox.attacks.EADAttack(binary_search_steps=searches, steps=steps, regularization=beta, decision_rule=rule)
    return _shortest(attack, network, x, y)


@foolbox_attack
def boundary(network, x, y, seed, steps):
    return _shortest(foolbox.attacks.BoundaryAttack(steps=steps), network, x, y)


@foolbox_attack
def hop_skip_jump(network, x, y, seed, steps, constraint):
    return _shortest(foolbox.attacks.HopSkipJumpAttack(steps=steps, constraint=constraint), network, x, y)


@foolbox_attack
def pointwise(network, x, y, seed):
    return _shortest(foolbox.attacks.PointwiseAttack(), network, x, y)


@foolbox_attack
def brendel_bethge_l0(network, x, y, seed, steps):
    """From the other images of the batch. Its radius grows with the size of the batch, which is undone: that of one image."""
    start = foolbox.attacks.DatasetAttack()
    start.feed(foolbox.PyTorchModel(network, bounds=(0, 1)), x)
    attack = foolbox.attacks.L0BrendelBethgeAttack(init_attack=start, steps=steps, lr=1e-3 / len(x))
    return _shortest(attack, network, x, y)
