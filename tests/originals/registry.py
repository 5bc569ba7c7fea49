"""Attacks of the original implementations, by name. One more is one function with `@original` in the file of its library."""

from importlib.metadata import version

#: name: (package, function from a network, images `[n, c, h, w]`, labels and options to adversarial images of the same shape).
ORIGINALS = {}


def original(package):
    """Registers a function by its name, for which `_` stands in names of comparisons as `-`."""

    def register(attack):
        ORIGINALS[attack.__name__.replace("_", "-")] = (package, attack)
        return attack

    return register


def versions():
    return {package: version(package) for package in ["torch", *sorted({package for package, _ in ORIGINALS.values()})]}


def packages():
    return {name: package for name, (package, _) in ORIGINALS.items()}
