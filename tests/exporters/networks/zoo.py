"""Networks of torchvision and timm, with random weights."""

import timm
import torchvision.models as models

from .record import CLASSES
from .torch_twin import submit

LARGE = (224, 224, 3)

# At the size of CIFAR-10's images, which strides of 32 make a single pixel of.
SMALL_TORCHVISION = {
    "mobilenet_v3_small": "script",
    "shufflenet_v2_x0_5": "dynamo",
    "densenet121": "script",
    "squeezenet1_1": "script",
    "regnet_x_400mf": "dynamo",
    "mnasnet0_5": "dynamo",
}

# At their own size, whole.
WHOLE_TORCHVISION = {
    "resnet18": "script",
    "mobilenet_v2": "dynamo",
    "efficientnet_b0": "script",
    "alexnet": "dynamo",
    "googlenet": "script",
    "convnext_tiny": "dynamo",
    "swin_t": "script",
    "swin_v2_t": "dynamo",
    "vit_b_16": "dynamo",
    "maxvit_t": "script",
}

TIMM = {
    "convnext_atto": {},
    "convnextv2_atto": {},
    "deit_tiny_patch16_224": {"img_size": 32, "patch_size": 4, "depth": 3},
    "efficientformerv2_s0": {"img_size": 224, "shape": LARGE},
    "eva02_tiny_patch14_224": {"img_size": 28, "patch_size": 4, "depth": 3, "shape": (28, 28, 1), "in_chans": 1},
    "fastvit_t8": {"shape": LARGE},
    "ghostnet_050": {},
    "gmlp_s16_224": {"img_size": 64, "shape": (64, 64, 3)},
    "lcnet_050": {},
    "levit_128s": {"img_size": 224, "shape": LARGE},
    "mixer_s32_224": {"img_size": 128, "shape": (128, 128, 3)},
    "mobileone_s0": {},
    "mobilevitv2_050": {"shape": LARGE},
    "poolformer_s12": {},
    "repvgg_a0": {},
    "skresnet18": {},
    "swinv2_cr_tiny_ns_224": {"img_size": 32, "patch_size": 2, "window_size": 4, "embed_dim": 24, "depths": (2, 2), "num_heads": (2, 4)},
    "tf_efficientnet_b0": {},
    "xcit_nano_12_p8_224": {"img_size": 32, "depth": 3},
}


def torchvision_network(name, exporter, shape):
    extra = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    submit(
        f"torchvision-{name}.{exporter}",
        f"torchvision, {exporter}",
        lambda: getattr(models, name)(weights=None, num_classes=CLASSES, **extra),
        shape=shape,
    )


def make(short):
    if short:
        torchvision_network("resnet18", "dynamo", (32, 32, 3))
        torchvision_network("mobilenet_v3_small", "script", (32, 32, 3))
        return
    for name, exporter in SMALL_TORCHVISION.items():
        torchvision_network(name, exporter, (32, 32, 3))
    for name, exporter in WHOLE_TORCHVISION.items():
        torchvision_network(name, exporter, LARGE)
    for i, (name, options) in enumerate(TIMM.items()):
        exporter = ("dynamo", "script")[i % 2]
        given = {key: value for key, value in options.items() if key != "shape"}
        shape = options.get("shape", (32, 32, 3))
        submit(
            f"timm-{name}.{exporter}",
            f"timm, {exporter}",
            lambda: timm.create_model(name, num_classes=CLASSES, exportable=True, **given),
            shape=shape,
        )
