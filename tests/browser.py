#!/usr/bin/env python3
"""Opens the page of a rewrite in a headless Chromium.

    browser.py BINARY CHROMIUM

What the browser makes of the page is compared with what was written: each phase has its two bars, as long
as their numbers say; nothing of a hostile script became an element; nothing was fetched or refused. The
page is drawn at two widths, light and dark, into target/pages/, to be looked at.
"""

import html.parser
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples/verl-oom"
HOSTILE = """python3 -m verl.trainer.main_ppo \\
    actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=32 \\
    'trainer.experiment_name="</pre><script>document.title=1</script><img src=http://127.0.0.1:9/x>"'
"""
WANTED = {"script": 0, "img": 0, "link": 0, "iframe": 0}

failures = []


def expect(what, held, output=""):
    print(f"{'ok' if held else 'FAILED':7}{what}")
    if not held:
        failures.append(what)
        print(output[:3000])


class Elements(html.parser.HTMLParser):
    """Counts elements, and keeps the styles of those of each class."""

    def __init__(self, text):
        super().__init__()
        self.counts, self.styles = {}, {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.counts[tag] = self.counts.get(tag, 0) + 1
        for name in (attrs.get("class") or "").split():
            self.styles.setdefault(name, []).append(attrs.get("style", ""))


def chromium(program, *args):
    with tempfile.TemporaryDirectory() as profile:
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--enable-logging=stderr", *args]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)


def page(binary, path, *args):
    done = subprocess.run([binary, "rewrite", *map(str, args), "--output-format", "html", "-o", str(path)], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    return path.read_text()


def main(binary, program):
    pages = ROOT / "target/pages"
    pages.mkdir(parents=True, exist_ok=True)
    job = [EXAMPLE / "run_grpo.sh", EXAMPLE / "submit_grpo.slurm", "--log", EXAMPLE / "slurm-4242.err"]
    example = pages / "example.html"
    written = Elements(page(binary, example, *job, "--facts", f"model={EXAMPLE / 'model.json'}"))
    done = chromium(program, "--dump-dom", example.as_uri())
    read = Elements(done.stdout)
    expect("the browser reads as many elements as were written", {k: v for k, v in read.counts.items() if k != "tbody"} == written.counts, f"{read.counts}\n{written.counts}")
    widths = [float(re.search(r"width:([\d.]+)%", style)[1]) for style in read.styles["fill"]]
    expect("two bars for each phase, and the first shrinks", len(widths) == 14 and widths[1] < widths[0] / 2, str(widths))
    expect("nothing is refused", "Refused" not in done.stderr and "violates" not in done.stderr, done.stderr)

    script = pages / "hostile.sh"
    script.write_text(HOSTILE)
    hostile = pages / "hostile.html"
    page(binary, hostile, script, "--fact", "oom.phase=log_prob")
    done = chromium(program, "--dump-dom", hostile.as_uri())
    read = Elements(done.stdout)
    expect("no text of a script becomes an element", all(read.counts.get(tag, 0) == many for tag, many in WANTED.items()), done.stdout)
    expect("and it is shown as it stands", "&lt;script&gt;document.title=1" in done.stdout, done.stdout)

    for name, size, scheme in [("wide", "1100,2000", 1), ("narrow", "500,2600", 1), ("dark", "1100,2000", 0)]:
        picture = pages / f"{name}.png"
        picture.unlink(missing_ok=True)
        chromium(program, f"--window-size={size}", f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}", example.as_uri())
        expect(f"it is drawn: {name}", picture.is_file() and picture.stat().st_size > 20_000)
    print(f"browser: {len(failures)} failures")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
