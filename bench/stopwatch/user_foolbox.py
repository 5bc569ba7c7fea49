import foolbox
import torch
from network import images, labels, network

x, y = torch.from_numpy(images / 255).float().permute(0, 3, 1, 2), torch.from_numpy(labels)
model = foolbox.PyTorchModel(network, bounds=(0, 1))
_, adversarial, fooled = foolbox.attacks.LinfFastGradientAttack()(model, x, y, epsilons=25 / 255)
print(1 - fooled.float().mean().item())
