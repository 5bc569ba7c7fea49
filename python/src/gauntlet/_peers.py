"""Attacks of this catalogue as those of torchattacks, Foolbox and ART, where they compute the same; a refusal that says what differs, where they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from ._extras import need
from .errors import NoEquivalentError

#: Parameters as the API has them, with a budget.
Parameters = Mapping[str, Any]
Make = Callable[[Any, Parameters], Any]

TARGETED = "a target is chosen in another way there: call the attack with the classes that you want"
#: What an attack has to be for the others to have it: values that are the same there, by parameter, and what differs otherwise.
Required = Mapping[str, tuple[tuple[Any, ...], str]]
UNTARGETED: Required = {
    "target": (("NONE",), TARGETED),
    "targetClass": ((None,), TARGETED),
    "targetClasses": ((None,), TARGETED),
}
ONE_STEP: Required = {
    **UNTARGETED,
    "randomStart": ((False,), "it does not begin its one step at a random point"),
    "label": (("TRUE",), "it raises the loss of the labels that it is given"),
    "alpha": ((None,), "its step is as long as the budget"),
}
ITERATED: Required = {
    **UNTARGETED,
    "bestIterate": ((False,), "it ends at the last of its iterates"),
    "loss": (("CROSS_ENTROPY",), "its loss is the cross-entropy"),
    "restarts": ((1,), "it begins once, or counts restarts in another way"),
}
MANY_L2_STARTS: Required = {**ITERATED, "randomStart": ((False,), "its random starts are not uniform in the ball")}
#: torchattacks chooses the least likely class by itself.
LEAST_LIKELY = "LEAST_LIKELY"
CHOOSES: Required = {"target": (("NONE", LEAST_LIKELY), TARGETED)}


def number(value: Any) -> float:
    """A share of the pixel range: `"8/255"` as a number."""
    return float(Fraction(value)) if isinstance(value, str) else float(value)


def _step(parameters: Parameters) -> float:
    """Length of a step of PGD."""
    epsilon = number(parameters["epsilon"])
    if parameters.get("alpha") is not None:
        return number(parameters["alpha"])
    if parameters.get("relativeAlpha") is not None:
        return number(parameters["relativeAlpha"]) * epsilon
    return 2.5 * epsilon / int(parameters["steps"])


def _paper_steps(parameters: Parameters) -> int:
    """Steps of the basic iterative method: min(ε + 4, 1.25 ε), ε in steps of the 8-bit scale."""
    if parameters.get("steps") is not None:
        return int(parameters["steps"])
    epsilon = 255 * number(parameters["epsilon"])
    return max(1, int(min(epsilon + 4, 1.25 * epsilon) + 0.5))


def _share(parameters: Parameters) -> float:
    """Length of a step of momentum methods."""
    return number(parameters["alpha"]) if parameters.get("alpha") is not None else number(parameters["epsilon"]) / int(parameters["steps"])


def _momentum(parameters: Parameters) -> dict[str, Any]:
    return {"alpha": _share(parameters), "steps": int(parameters["steps"]), "decay": float(parameters["decay"])}


def _torchattacks(name: str, options: Callable[[Parameters], dict[str, Any]], least_likely: bool = False) -> Make:
    def make(model: Any, parameters: Parameters) -> Any:
        attack = getattr(need("torchattacks", package="torchattacks"), name)(model, eps=number(parameters["epsilon"]), **options(parameters))
        if least_likely or parameters.get("target") == LEAST_LIKELY:
            attack.set_mode_targeted_least_likely(quiet=True)
        return attack

    return make


class FoolboxAttack:
    """An attack of Foolbox with its budget, or None for the shortest change: called with a model of Foolbox, images and labels, it returns images."""

    def __init__(self, attack: Any, epsilon: float | None) -> None:
        self.attack = attack
        self.epsilon = epsilon

    def __call__(self, model: Any, images: Any, labels: Any) -> Any:
        return self.attack(model, images, labels, epsilons=self.epsilon)[1]

    def __repr__(self) -> str:
        return f"{self.attack!r} with epsilon {self.epsilon}" if self.epsilon is not None else repr(self.attack)


def _foolbox(name: str, options: Callable[[Parameters], dict[str, Any]]) -> Make:
    def make(_model: Any, parameters: Parameters) -> Any:
        attack = getattr(need("foolbox", package="foolbox").attacks, name)(**options(parameters))
        return FoolboxAttack(attack, None if parameters.get("epsilon") is None else number(parameters["epsilon"]))

    return make


def _art(name: str, options: Callable[[Parameters], dict[str, Any]]) -> Make:
    def make(classifier: Any, parameters: Parameters) -> Any:
        attack = getattr(need("art.attacks.evasion", package="adversarial-robustness-toolbox"), name)
        return attack(classifier, eps=number(parameters["epsilon"]), **options(parameters))

    return make


#: By the name of the API and the tool: what makes the attack, and what it must be.
PEERS: dict[str, dict[str, tuple[Make, Required]]] = {
    "fgsm": {
        "torchattacks": (_torchattacks("FGSM", lambda _: {}), {**ONE_STEP, **CHOOSES}),
        "foolbox": (_foolbox("LinfFastGradientAttack", lambda _: {"random_start": False}), ONE_STEP),
        "art": (_art("FastGradientMethod", lambda p: {"norm": "inf", "eps_step": number(p["epsilon"])}), ONE_STEP),
    },
    "stepLl": {"torchattacks": (_torchattacks("FGSM", lambda _: {}, least_likely=True), ONE_STEP)},
    "fastGradientL2": {
        "foolbox": (_foolbox("L2FastGradientAttack", lambda _: {"random_start": False}), ONE_STEP),
        "art": (_art("FastGradientMethod", lambda p: {"norm": 2, "eps_step": number(p["epsilon"])}), ONE_STEP),
    },
    "iterBasic": {
        "torchattacks": (_torchattacks("BIM", lambda p: {"alpha": number(p["alpha"]), "steps": _paper_steps(p)}), {**ITERATED, **CHOOSES}),
        "foolbox": (
            _foolbox("LinfBasicIterativeAttack", lambda p: {"abs_stepsize": number(p["alpha"]), "steps": _paper_steps(p), "random_start": False}),
            ITERATED,
        ),
        "art": (_art("BasicIterativeMethod", lambda p: {"eps_step": number(p["alpha"]), "max_iter": _paper_steps(p), "verbose": False}), ITERATED),
    },
    "iterLl": {"torchattacks": (_torchattacks("BIM", lambda p: {"alpha": number(p["alpha"]), "steps": _paper_steps(p)}, least_likely=True), ITERATED)},
    "pgd": {
        "torchattacks": (
            _torchattacks("PGD", lambda p: {"alpha": _step(p), "steps": int(p["steps"]), "random_start": bool(p["randomStart"])}),
            {**ITERATED, **CHOOSES},
        ),
        "foolbox": (_foolbox("LinfPGD", lambda p: {"abs_stepsize": _step(p), "steps": int(p["steps"]), "random_start": bool(p["randomStart"])}), ITERATED),
        "art": (
            _art(
                "ProjectedGradientDescent",
                lambda p: {"norm": "inf", "eps_step": _step(p), "max_iter": int(p["steps"]), "num_random_init": int(p["randomStart"]), "verbose": False},
            ),
            ITERATED,
        ),
    },
    "pgdL2": {
        "torchattacks": (
            _torchattacks("PGDL2", lambda p: {"alpha": _step(p), "steps": int(p["steps"]), "random_start": False}),
            {**MANY_L2_STARTS, **CHOOSES},
        ),
        "foolbox": (_foolbox("L2PGD", lambda p: {"abs_stepsize": _step(p), "steps": int(p["steps"]), "random_start": bool(p["randomStart"])}), ITERATED),
    },
    "miFgsm": {
        "torchattacks": (_torchattacks("MIFGSM", _momentum), {**ITERATED, **CHOOSES}),
        "art": (
            _art(
                "MomentumIterativeMethod",
                lambda p: {"norm": "inf", "eps_step": _share(p), "decay": float(p["decay"]), "max_iter": int(p["steps"]), "verbose": False},
            ),
            ITERATED,
        ),
    },
    "niFgsm": {"torchattacks": (_torchattacks("NIFGSM", _momentum), {**ITERATED, **CHOOSES})},
    "siNiFgsm": {"torchattacks": (_torchattacks("SINIFGSM", lambda p: {**_momentum(p), "m": int(p["copies"])}), {**ITERATED, **CHOOSES})},
    "ddn": {
        "foolbox": (
            _foolbox("DDNAttack", lambda p: {"steps": int(p["steps"]), "gamma": float(p["gamma"]), "init_epsilon": number(p["initialEpsilon"])}),
            {
                **UNTARGETED,
                "epsilon": ((None,), "it cuts a change that is longer than the budget off, where ours keeps the shortest that it found"),
                "levels": ((None,), "it does not round to levels"),
            },
        )
    },
}

#: Those that seek the shortest change and need no budget.
SHORTEST = frozenset({"ddn"})

RANDOM = "it draws its random numbers in another way, so that its images are others"
OWN = "it is another implementation, which was not found to make the same images"


def _each(names: str, attack: str, difference: str) -> dict[str, tuple[str, str]]:
    return {name: (attack, difference) for name in names.split()}


#: By the tool and the name of the API: what the tool has that does not compute the same, and what differs.
OTHERS: dict[str, dict[str, tuple[str, str]]] = {
    "torchattacks": {
        **_each("apgdCeLinf apgdCeL2 apgdDlrLinf apgdDlrL2", "APGD", RANDOM),
        **_each("apgdTLinf apgdTL2", "APGDT", RANDOM),
        **_each("autoAttackLinf autoAttackL2", "AutoAttack", RANDOM),
        **_each("fabLinf fabL2", "FAB", "it looks at all classes, where ours looks at the likeliest `candidates`"),
        **_each("squareLinf squareL2", "Square", RANDOM),
        **_each("vmiFgsm", "VMIFGSM", RANDOM),
        **_each("vniFgsm", "VNIFGSM", RANDOM),
        "cwL2": ("CW", "it has one constant, where ours searches the best one for each image"),
        "deepFoolL2": ("DeepFool", "it ends where its own pass of a single image finds another class, so close to the boundary that another pass may not"),
        "diFgsm": ("DIFGSM", RANDOM),
        "ead": ("EADEN", OWN),
        "eot": ("EOTPGD", RANDOM),
        "gaussianNoise": ("GN", RANDOM),
        "jsma": ("JSMA", "it has a target, where ours without one raises the class that needs the fewest pixels"),
        "onePixel": ("OnePixel", RANDOM),
        "piFgsm": ("PIFGSM", "it takes images of three channels only"),
        "piFgsmPlusPlus": ("PIFGSMPP", "it takes images of three channels only"),
        "randFgsm": ("RFGSM", RANDOM),
        "sparseFool": ("SparseFool", OWN),
        "spsa": ("SPSA", RANDOM),
        "tiFgsm": ("TIFGSM", "it takes images of three channels only, and resizes and pads them at random"),
        "worstOf": ("MultiAttack", "map each attack by itself"),
    },
    "foolbox": {
        **_each("hopSkipJumpL2 hopSkipJumpLinf", "HopSkipJumpAttack", RANDOM),
        "boundary": ("BoundaryAttack", RANDOM),
        "brendelBethgeL1": ("L1BrendelBethgeAttack", RANDOM),
        "brendelBethgeL2": ("L2BrendelBethgeAttack", RANDOM),
        "brendelBethgeLinf": ("LinfinityBrendelBethgeAttack", RANDOM),
        "cwL2": ("L2CarliniWagnerAttack", OWN),
        "deepFoolL2": ("L2DeepFoolAttack", "its overshoot is of the whole change, where ours is of each step"),
        "deepFoolLinf": ("LinfDeepFoolAttack", "its overshoot is of the whole change, where ours is of each step"),
        "ead": ("EADAttack", OWN),
        "fmnL0": ("L0FMNAttack", OWN),
        "fmnL1": ("L1FMNAttack", OWN),
        "fmnL2": ("L2FMNAttack", OWN),
        "fmnLinf": ("LInfFMNAttack", OWN),
        "gaussianNoise": ("L2AdditiveGaussianNoiseAttack", RANDOM),
        "miFgsm": ("LinfMomentumIterativeFastGradientMethod", "it does not divide the gradient by its mean size before it adds it to those before"),
        "newtonFool": ("NewtonFoolAttack", "it divides by the fourth power of the gradient's length, so that its steps end at the corners of the range"),
        "pgdL1": ("SparseL1DescentAttack", "its steps change other pixels"),
        "pointwise": ("PointwiseAttack", RANDOM),
        "rotationTranslation": ("SpatialAttack", "it interpolates pixels in another way, and ends at another grid point"),
        "uniformNoise": ("LinfAdditiveUniformNoiseAttack", RANDOM),
        "vap": ("VirtualAdversarialAttack", RANDOM),
    },
    "art": {
        **_each("apgdCeLinf apgdCeL2 apgdCeL1 apgdDlrLinf apgdDlrL2 apgdDlrL1", "AutoProjectedGradientDescent", RANDOM),
        **_each("autoAttackLinf autoAttackL2 autoAttackL1", "AutoAttack", RANDOM),
        **_each("brendelBethgeLinf brendelBethgeL2 brendelBethgeL1", "BrendelBethgeAttack", RANDOM),
        **_each("deepFoolL2 deepFoolLinf", "DeepFool", "its overshoot is of the whole change, where ours is of each step, and it knows L2 only"),
        **_each("geoDaL2 geoDaLinf", "GeoDA", RANDOM),
        **_each("hopSkipJumpL2 hopSkipJumpLinf", "HopSkipJump", RANDOM),
        **_each("squareLinf squareL2", "SquareAttack", RANDOM),
        **_each("uapLinf uapL2", "UniversalPerturbation", RANDOM),
        **_each("universalLinf universalL2", "TargetedUniversalPerturbation", "it reaches for one class, by steps of another attack"),
        "acgLinf": ("AutoConjugateGradient", RANDOM),
        "boundary": ("BoundaryAttack", RANDOM),
        "cwL2": ("CarliniL2Method", OWN),
        "cwLinf": ("CarliniLInfMethod", OWN),
        "ead": ("ElasticNet", OWN),
        "jsma": ("SaliencyMapMethod", "it draws a target, where ours without one raises the class that needs the fewest pixels"),
        "newtonFool": ("NewtonFool", "it takes models whose outputs are probabilities, and ends after another number of steps"),
        "onePixel": ("PixelAttack", RANDOM),
        "patch": ("AdversarialPatch", RANDOM),
        "pgdL1": ("ProjectedGradientDescent", "its steps in L1 change all pixels"),
        "pgdL2": ("ProjectedGradientDescent", "it projects to the ball after it has clipped to the range of pixels, so that its changes are longer"),
        "rotationTranslation": ("SpatialTransformation", "it applies one rotation and translation to all images"),
        "signOpt": ("SignOPTAttack", RANDOM),
        "simba": ("SimBA", RANDOM),
        "vap": ("VirtualAdversarialMethod", RANDOM),
        "wasserstein": ("Wasserstein", OWN),
        "zoo": ("ZooAttack", RANDOM),
    },
}

TOOLS = {"torchattacks": "torchattacks", "foolbox": "Foolbox", "art": "ART"}


def attack_of(tool: str, name: str, parameters: Parameters, model: Any = None) -> Any:
    """The same attack of another tool. @raise NoEquivalentError that says what differs."""
    known = PEERS.get(name, {}).get(tool)
    if known is None:
        having = [key for key, tools in PEERS.items() if tool in tools]
        other = OTHERS[tool].get(name)
        has = f" Its {other[0]} differs: {other[1]}." if other else ""
        raise NoEquivalentError(f"{TOOLS[tool]} has no attack that is known to compute what {name} does.{has} Those that are: {', '.join(having)}.")
    make, required = known
    for field, (same, difference) in required.items():
        if parameters.get(field, same[0]) not in same:
            raise NoEquivalentError(f"{TOOLS[tool]} differs from {name} with {field}={parameters[field]!r}: {difference}.")
    if parameters.get("epsilon") is None and name not in SHORTEST:
        raise NoEquivalentError(f"The attack {name} has no budget: give epsilon=….")
    return make(model, parameters)
