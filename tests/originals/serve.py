"""Runs attacks of original implementations, `serve.py THREADS`: a request is a line of JSON on standard input, its answer a line on standard output.

{"network", "images", "labels", "shape": [n, height, width, channels], "original", "options", "seed", "out"}: paths of an ONNX file and of files of float32 and
int32. Writes adversarial images as float32 to `out`, and answers {"queries", "gradients", "seconds"}: sums over all images. Without "original" the file has logits.
{"failed": message} where the original raises. The first line is {"versions", "packages"}: of each package, and of each original.
"""

import json
import random
import sys
import time
import traceback
import warnings

import numpy as np
import torch

import attacks_adv_lib  # noqa: F401
import attacks_art  # noqa: F401
import attacks_foolbox  # noqa: F401
import attacks_pyautoattack  # noqa: F401
import attacks_scipy  # noqa: F401
import attacks_torchattack  # noqa: F401
import attacks_torchattacks  # noqa: F401
from network import Network
from registry import ORIGINALS, packages, versions


def run(request):
    network = Network(request["network"]).eval()
    images = np.fromfile(request["images"], np.float32).reshape(request["shape"])
    x = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    y = torch.from_numpy(np.fromfile(request["labels"], np.int32)).long()
    if "original" not in request:
        with torch.no_grad():
            network(x).numpy().tofile(request["out"])
        return {}
    _, attack = ORIGINALS[request["original"]]
    random.seed(request["seed"])
    np.random.seed(request["seed"])
    torch.manual_seed(request["seed"])
    start = time.perf_counter()
    adversarial = attack(network, x, y, seed=request["seed"], **request["options"])
    seconds = time.perf_counter() - start
    adversarial.detach().float().permute(0, 2, 3, 1).contiguous().numpy().tofile(request["out"])
    return {"queries": network.queries, "gradients": network.gradients, "seconds": seconds}


def main():
    torch.set_num_threads(int(sys.argv[1]))
    warnings.simplefilter("ignore")
    # What libraries print would lie among the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"versions": versions(), "packages": packages()}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            answer = run(json.loads(line))
        except Exception:
            answer = {"failed": traceback.format_exc(limit=-4)}
        print(json.dumps(answer), file=answers, flush=True)


main()
