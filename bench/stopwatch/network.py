"""What a user has: a trained network of pixels in [0, 1], images `[n, 28, 28, 1]` of bytes, and labels. `stopwatch.py` makes the file."""

import os

import torch
from torch import nn

kept = torch.load(os.environ["STOPWATCH_NETWORK"], weights_only=True)
network = nn.Sequential(nn.Conv2d(1, 8, 5, 2), nn.ReLU(), nn.Conv2d(8, 16, 5, 2), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10))
network.load_state_dict(kept["weights"])
network.eval()
images, labels = kept["images"].numpy(), kept["labels"].numpy()
