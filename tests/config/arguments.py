#!/usr/bin/env python3
"""Asks OmegaConf what it reads in arguments.

    arguments.py record FILE    answers every text of FILE again and writes the answers into it
    arguments.py check FILE     exits with 1 where an answer differs

A line of FILE is an object: `text`, and either `key` and `value`, or `refused`. In `value`, a float is
`{"float": repr}`, an integer beyond 64 bits `{"int": digits}`, a dict `{"dict": [[key, value], …]}`.
"""

import json
import sys

from omegaconf import OmegaConf
from omegaconf._utils import split_key


def plain(value):
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return {"int": str(value)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {"dict": [[plain(key), plain(item)] for key, item in value.items()]}
    return value


def answer(text):
    parts = split_key(text.partition("=")[0])
    try:
        value = OmegaConf.to_container(OmegaConf.from_cli([text]), resolve=False)
    except Exception as error:  # YAML's, OmegaConf's, and what its own conversions raise.
        return {"text": text, "refused": type(error).__name__}
    for part in parts:
        value = value[part]
    return {"text": text, "key": ".".join(parts), "value": plain(value)}


def main():
    mode, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        old = [json.loads(line) for line in file]
    new = [answer(record["text"]) for record in old]
    if mode == "record":
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in new)
        return 0
    differing = [(was, now) for was, now in zip(old, new) if was != now]
    for was, now in differing:
        print(f"recorded {was}\n     now {now}")
    print(f"{len(old)} arguments, {len(differing)} read otherwise than recorded")
    return 1 if differing or not old else 0


sys.exit(main())
