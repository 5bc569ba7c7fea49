"""Writes networks of PyTorch, timm, torchvision and scikit-learn, and conversions of them: `make_torch.py --out FOLDER [--only PART_OF_NAME] [--short]`.

One line of JSON for each network on standard output; `networks/record.py` says what is in it.
"""

from arguments import parse
from networks import record

parse()
record.write_datasets(record.settings.out / "datasets")
record.line({"datasets": str(record.settings.out / "datasets")})

from networks import own  # noqa: E402 -- the data sets come first: the server starts with them

own.make(record.settings.short)
