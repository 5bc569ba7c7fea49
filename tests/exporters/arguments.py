"""Arguments that the programs of all exporters take."""

import argparse
from pathlib import Path

from networks import record


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--shard", default="1/1")
    given = parser.parse_args()
    record.settings.out, record.settings.only, record.settings.short = given.out.resolve(), given.only, given.short
    record.settings.shard = tuple(map(int, given.shard.split("/")))
    record.settings.out.mkdir(parents=True, exist_ok=True)
