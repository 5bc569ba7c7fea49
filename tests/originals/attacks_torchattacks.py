"""Attacks of torchattacks (Kim 2020, arXiv 2010.01950), which has AutoAttack's code too."""

import torchattacks
from registry import original
from torchattacks.attacks.apgd import APGD
from torchattacks.attacks.apgdt import APGDT

torchattack = original("torchattacks")


@torchattack
def fgsm(network, x, y, seed, epsilon):
    return torchattacks.FGSM(network, eps=epsilon)(x, y)


@torchattack
def bim(network, x, y, seed, epsilon, steps, alpha):
    return torchattacks.BIM(network, eps=epsilon, alpha=alpha, steps=steps)(x, y)


@torchattack
def rfgsm(network, x, y, seed, epsilon):
    return torchattacks.RFGSM(network, eps=epsilon, alpha=epsilon / 2, steps=1)(x, y)


@torchattack
def pgd(network, x, y, seed, epsilon, steps):
    return torchattacks.PGD(network, eps=epsilon, alpha=2.5 * epsilon / steps, steps=steps)(x, y)


@torchattack
def pgd_l2(network, x, y, seed, epsilon, steps):
    return torchattacks.PGDL2(network, eps=epsilon, alpha=2.5 * epsilon / steps, steps=steps)(x, y)


@torchattack
def apgd(network, x, y, seed, epsilon, steps, norm, loss):
    return APGD(network, eps=epsilon, steps=steps, norm=norm, loss=loss, seed=seed)(x, y)


@torchattack
def apgd_t(network, x, y, seed, epsilon, steps, norm):
    return APGDT(network, eps=epsilon, steps=steps, norm=norm, seed=seed)(x, y)


@torchattack
def auto_attack(network, x, y, seed, epsilon, steps, queries, norm):
    """The four stages of version `standard`, whose steps torchattacks fixes at 10, with as many as the request says."""
    shared = {"eps": epsilon, "norm": norm, "seed": seed}
    stages = [
        APGD(network, steps=steps, loss="ce", **shared),
        APGDT(network, steps=steps, **shared),
        torchattacks.FAB(network, steps=steps, multi_targeted=True, **shared),
        torchattacks.Square(network, n_queries=queries, resc_schedule=False, **shared),
    ]
    return torchattacks.MultiAttack(stages)(x, y)


@torchattack
def square(network, x, y, seed, epsilon, queries, norm, rescale):
    return torchattacks.Square(network, eps=epsilon, norm=norm, n_queries=queries, resc_schedule=rescale, seed=seed)(x, y)


@torchattack
def spsa(network, x, y, seed, epsilon, pairs, steps):
    return torchattacks.SPSA(network, eps=epsilon, nb_iter=steps, nb_sample=pairs)(x, y)


@torchattack
def mi_fgsm(network, x, y, seed, epsilon, steps):
    return torchattacks.MIFGSM(network, eps=epsilon, alpha=epsilon / steps, steps=steps)(x, y)


@torchattack
def ni_fgsm(network, x, y, seed, epsilon, steps):
    return torchattacks.NIFGSM(network, eps=epsilon, alpha=epsilon / steps, steps=steps)(x, y)


@torchattack
def di_fgsm(network, x, y, seed, epsilon, steps):
    return torchattacks.DIFGSM(network, eps=epsilon, alpha=epsilon / steps, steps=steps)(x, y)


@torchattack
def ti_fgsm(network, x, y, seed, epsilon, steps, size):
    """Without the input diversity that torchattacks adds."""
    step = epsilon / steps
    return torchattacks.TIFGSM(network, eps=epsilon, alpha=step, steps=steps, len_kernel=size, diversity_prob=0)(x, y)


@torchattack
def si_ni_fgsm(network, x, y, seed, epsilon, steps):
    return torchattacks.SINIFGSM(network, eps=epsilon, alpha=epsilon / steps, steps=steps)(x, y)


@torchattack
def vmi_fgsm(network, x, y, seed, epsilon, steps, neighbours):
    return torchattacks.VMIFGSM(network, eps=epsilon, alpha=epsilon / steps, steps=steps, N=neighbours)(x, y)


@torchattack
def one_pixel(network, x, y, seed, pixels, population, steps):
    # Its population is a multiple of the numbers that describe a candidate.
    return torchattacks.OnePixel(network, pixels=pixels, steps=steps, popsize=population)(x, y)


@torchattack
def sparse_fool(network, x, y, seed, steps, **options):
    return torchattacks.SparseFool(network, steps=steps, lam=options["lambda"])(x, y)


@torchattack
def vni_fgsm(network, x, y, seed, epsilon, steps, neighbours):
    return torchattacks.VNIFGSM(network, eps=epsilon, alpha=epsilon / steps, steps=steps, N=neighbours)(x, y)


@torchattack
def pi_fgsm(network, x, y, seed, epsilon, steps, amplification):
    """For images of three channels."""
    return torchattacks.PIFGSM(network, max_epsilon=epsilon, num_iter_set=steps, amplification=amplification)(x, y)


@torchattack
def pi_fgsm_plus_plus(network, x, y, seed, epsilon, steps, amplification):
    """For images of three channels."""
    return torchattacks.PIFGSMPP(network, max_epsilon=epsilon, num_iter_set=steps, amplification=amplification)(x, y)


@torchattack
def fgsm_least_likely(network, x, y, seed, epsilon):
    attack = torchattacks.FGSM(network, eps=epsilon)
    attack.set_mode_targeted_least_likely(quiet=True)
    return attack(x, y)


@torchattack
def bim_least_likely(network, x, y, seed, epsilon, steps, alpha):
    attack = torchattacks.BIM(network, eps=epsilon, alpha=alpha, steps=steps)
    attack.set_mode_targeted_least_likely(quiet=True)
    return attack(x, y)
