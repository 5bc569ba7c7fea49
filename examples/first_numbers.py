"""First numbers of a network of one's own: python examples/first_numbers.py. It asks the server of GAUNTLET_URL, or starts one by npx.

Needs pip install 'gauntlet-client[torch]'.
"""

import os

import torch
from torch import nn

import gauntlet


def network() -> nn.Module:
    """Stands for a network that you have: takes pixels in [0, 1], less 0.5, by 0.5."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 16, 5, 2), nn.ReLU(), nn.Conv2d(16, 32, 5, 2), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))


def main() -> None:
    module = network()
    with gauntlet.connect() if "GAUNTLET_URL" in os.environ else gauntlet.serve() as g:
        # Module and exported file are compared on `like`.
        net = g.models.submit(module, name="first-numbers", like=torch.rand(4, 1, 28, 28), normalize=((0.5,), (0.5,)))
        try:
            # The network has random weights: a few steps of adversarial training make it know digits.
            run = g.train(net, "mnist-train", gauntlet.training.algorithm1(epsilon_max="25/255"), name="first-numbers-trained", steps=300)
            results = g.evaluate([net, run.model], "mnist-test", ["fgsm", gauntlet.attacks.pgd(steps=20)], eps=["8/255", "25/255"], n=400)
            print(results)
            print(g.compare(net, run.model, data="mnist-test", attack="pgd", eps="25/255", n=400))
            # The trained weights in the module that was submitted.
            run.model.to_torch(module)
            run.model.delete()
        finally:
            net.delete()


if __name__ == "__main__":
    main()
