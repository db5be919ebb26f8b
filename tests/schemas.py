"""Checks every pack and case that ships with a TOML language server, and that it finds mistakes.

python3 tests/schemas.py TAPLO
"""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parent.parent

# What is planted: the file, a text in it, and what stands there instead.
MISTAKES = [
    ("rules/verl/pack.toml", "launches =", "lanches ="),
    ("rules/verl/oom.toml", 'safety = "safe"', 'safety = "sure"'),
    ("rules/verl/oom.toml", "relieves = [", "relieves = [1, "),
    ("rules/verl/constraints.toml", "fails_at =", "fails =",),
    ("rules/verl/cases/update.toml", "[case.expect]", "[case.expects]"),
]


def check(taplo, paths, schema=None):
    command = [taplo, "check", "--no-auto-config"]
    if schema:
        command += ["--schema", schema.resolve().as_uri()]
    done = subprocess.run([*command, *map(str, paths)], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stderr


def main():
    taplo = str(pathlib.Path(sys.argv[1]).resolve())
    files = sorted((ROOT / "rules").rglob("*.toml"))
    code, said = check(taplo, files)
    if code:
        sys.exit(f"taplo refuses what ships:\n{said}")
    for name, old, new in MISTAKES:
        text = (ROOT / name).read_text()
        if old not in text:
            sys.exit(f"{name} does not hold {old!r}")
        of = "case" if "/cases/" in name else "pack"
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "planted.toml"
            planted = text.replace(old, new, 1).split("\n", 1)[1]
            path.write_text(planted)
            code, said = check(taplo, [path], ROOT / f"schemas/{of}.json")
            if not code:
                sys.exit(f"taplo does not find {new!r} in {name}")
    print(f"{len(files)} files are as their schemas say, {len(MISTAKES)} of {len(MISTAKES)} mistakes were found")


main()
