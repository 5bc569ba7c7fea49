"""Attacks of torchattack, those for transfer that torchattacks lacks."""

import torch
import torchattack as library
from registry import original

torchattack = original("torchattack")


@torchattack
def admix(network, x, y, seed, epsilon, steps):
    """With portions of images of the batch, of whatever class."""
    return library.Admix(network, eps=epsilon, steps=steps, num_classes=10)(x, y)


class _AnySize(library.SSA):
    """With noise of the images' size, which the library fixes at 224 x 224 pixels of three channels."""

    def transform(self, x):
        frequencies = self._dct_2d(x + self.eps * torch.randn_like(x))
        return self._idct_2d(frequencies * (torch.rand_like(x) * 2 * self.rho + 1 - self.rho))


@torchattack
def ssa(network, x, y, seed, epsilon, steps, views):
    return _AnySize(network, eps=epsilon, steps=steps, num_spectrum=views)(x, y)


@torchattack
def bsr(network, x, y, seed, epsilon, steps, views, blocks):
    return library.BSR(network, eps=epsilon, steps=steps, num_scale=views, num_block=blocks)(x, y)
