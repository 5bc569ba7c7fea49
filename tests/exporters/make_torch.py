"""Writes networks of PyTorch, timm, torchvision and scikit-learn, and conversions of them: `make_torch.py --out FOLDER [--only PART_OF_NAME] [--short]`.

One line of JSON for each network on standard output; `networks/record.py` says what is in it.
"""

from arguments import parse
from networks import record

parse()
record.write_datasets(record.settings.out / "datasets")
record.line({"datasets": str(record.settings.out / "datasets")})

# The server starts with the data sets, while these are loaded.
from networks import conversions, own, traditional, zoo  # noqa: E402

for module in (own, conversions, traditional, zoo):
    module.make(record.settings.short)
