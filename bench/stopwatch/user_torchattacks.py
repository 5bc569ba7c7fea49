import torch
import torchattacks
from network import images, labels, network

x, y = torch.from_numpy(images / 255).float().permute(0, 3, 1, 2), torch.from_numpy(labels)
adversarial = torchattacks.FGSM(network, eps=25 / 255)(x, y)
print((network(adversarial).argmax(1) == y).float().mean().item())
