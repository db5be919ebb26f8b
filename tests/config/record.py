"""Records what OmegaConf and Hydra make of configurations, one JSON object a line.

    record.py scalars            a table of scalars
    record.py documents          whole documents
    record.py looks              interpolations
    record.py composes           override lists on a small configuration
    record.py fuzz SEED COUNT    random cases of all kinds, not kept

Needs hydra-core 1.3.8, omegaconf 2.3.1 and PyYAML 6.0.4.
"""

import io
import json
import os
import random
import sys
import tempfile
import warnings

from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, ListConfig, OmegaConf

warnings.simplefilter("ignore")


def tree(value):
    if isinstance(value, dict):
        return ["d", [[tree(k), tree(v)] for k, v in value.items()]]
    if isinstance(value, (list, tuple)):
        return ["l", [tree(v) for v in value]]
    if value is None:
        return ["n"]
    if isinstance(value, bool):
        return ["b", value]
    if isinstance(value, int):
        return ["i", str(value)]
    if isinstance(value, float):
        return ["f", repr(value)]
    if isinstance(value, str):
        return ["s", value]
    raise TypeError(type(value).__name__)


def plain(config):
    return OmegaConf.to_container(config, resolve=False)


def load(text):
    case = {"do": "load", "yaml": text, "tree": None, "printed": None}
    try:
        config = OmegaConf.load(io.StringIO(text))
        if isinstance(config, DictConfig):
            case["tree"] = tree(plain(config))
            case["printed"] = OmegaConf.to_yaml(config)
    except BaseException as error:
        case["error"] = f"{type(error).__name__}: {error}".split("\n")[0][:80]
    return case


def look(text, key, env):
    case = {"do": "look", "yaml": text, "key": key, "env": env, "value": None}
    old = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        config = OmegaConf.load(io.StringIO(text))
        value = OmegaConf.select(config, key, throw_on_missing=True)
        if isinstance(value, (DictConfig, ListConfig)):
            value = OmegaConf.to_container(value, resolve=True)
        case["value"] = tree(value)
    except BaseException as error:
        case["error"] = f"{type(error).__name__}: {error}".split("\n")[0][:80]
    finally:
        os.environ.clear()
        os.environ.update(old)
    return case


def attempt(directory, overrides):
    with initialize_config_dir(directory, version_base=None):
        config = compose("base", overrides=overrides)
        return tree(plain(config)), OmegaConf.to_yaml(config)


def composed(text, overrides):
    """Also says which override is the first that Hydra refuses."""
    case = {"do": "compose", "yaml": text, "overrides": overrides, "tree": None, "first_bad": None}
    with tempfile.TemporaryDirectory() as directory:
        with open(f"{directory}/base.yaml", "w") as file:
            file.write(text)
        for count in range(len(overrides), -1, -1):
            try:
                result, printed = attempt(directory, overrides[:count])
            except BaseException as error:
                case["first_bad"] = count - 1
                case["error"] = f"{type(error).__name__}: {error}".split("\n")[0][:80]
            else:
                if case["first_bad"] is None:
                    case["tree"], case["printed"] = result, printed
                break
    return case


SCALARS = """
~ null Null NULL nUll none None yes Yes YES yEs no No NO on On ON off Off OFF y Y n N true True TRUE
tRue false False FALSE 0 -0 +0 00 1 -1 +1 007 0o7 0O7 08 09 0_7 1_000 1__0 1_ _1 0_ 0__ 0x1f 0X1F
0x_ 0x1_f -0xff +0x1 0xg 0b101 0b_ 0b 0b2 -0b1 1:30 1:60 1:5 190:20:30 -1:30 0:30 01:30 1:30.5 1:2:3.
1:2:3.25 -1:1.5 1:60.5 1e5 1E5 1e+5 1e-5 1e-6 -1e-6 +1e6 1e 1e+ e5 1.e5 1.5e3 1.5e-3 1. .5 .5e3
.5e+3 .5e-3 -.5 +.5 ._5 .5_ .5_0 1_0.5 1__0.5 1_.5 1_.5e3 1_.5e+3 1_0e3 1__0e3 1_e3 1.5_0 1._ 1._5
1._5e3 . .. ... .e3 1.2.3 .inf .Inf .INF .iNf -.inf +.inf inf -inf Infinity .nan .NaN .NAN -.nan nan
NaN 123456789012345678901234567890 9223372036854775807 9223372036854775808 -9223372036854775808
1e400 -1e400 1e-400 0.1 0.30000000000000004 1e15 1e16 1e22 123456789.0 1.0e10 5e-324 0.0 -0.0 2020-01-01
2020-1-1 2020-01-01T00:00:00Z 2020-01-01T1:02:03 20:20 12:30:45 1.2.3.4 1,000 a a-b a_b a.b a/b a:b
a: :a ::a -a --- -- - ? ?a =  = == << <<< < > | |a >a & * &a *a !a ! % %a @a `a 'a' "a" "1" '1' 'true'
'null' '' "" "\\x41" "\\u00e9" "a\\nb" 'it''s' # #a a#b ${a} ${a.b} '${a}' \\${a} ${ ${a ??? '???' [] {}
[1,2] {a: 1} [a, [b]] !!str !!str~ é 日本 0.1e1 00.5 01.5 01e5 0e0 -0e0 1e05 +.5e+1 1.0E+3 1:00 10:00:00 0.
0.e1 -1_0 +1_0.0 0x 0b 0o 0_x1 1:2:3:4 1:99 60:00 1:5:9 12e03 1e1_0 1_0e1_0 .1_0e+5 -.1e+1 +1e-0 ~a a~
null: true: on: yes_no onoff tru nul NAN INF 1d 1f 1L 1j 0xDEADBEEF 0b1111_0000 1__000 1_000_000.5
""".split()
TAGGED = [
    "!!str 1", "!!str true", "!!str", "!!int '3'", "!!int 0x1f", "!!int abc", "!!int ''", "!!float 1",
    "!!float '1e-6'", "!!float nan", "!!float inf", "!!float abc", "!!bool 'yes'", "!!bool maybe",
    "!!null x", "!!null ''", "! 3", "! '3'", "! true", "!foo 3", "!!timestamp 2020-01-01",
    "!!python/tuple [1]", "!!seq [1]", "!!map {a: 1}", "!!map [1]", "!!set {x}", "a b", "a  b", "a #b",
    "a: b", "a, b", "2020-01-01 00:00:00", "2020-1-1 1:02:03.5 +1:30", "2020-01-01 ", "'a b'", '"a b"',
    "|\n    a\n    b\n", ">\n    a\n    b\n\n    c\n", "|-\n    a\n", "|+\n    a\n\n", ">-\n    a\n    b",
    "\n    folded\n    plain", "'x\n    y'", '"x\n    y"', '"x\\\n    y"', "[1, 2,\n    3]", "{a, b: }",
    "{a: 1, a: 2}", "[a: 1, b]", "[[], {}]", "{1: a, 1.0: b, true: c}", "{null: 1}", "{~: 1}",
    "{[1]: 2}", "{yes: 1}", "{'yes': 1}", "{1e3: x}", "{=: 1}", "- a", "-a", "? b",
]

DOCUMENTS = [
    "", "# only a comment\n", "---\n", "---\na: 1\n...\n", "a: 1\n---\nb: 2\n", "text", "'text'", "3", "- 1\n",
    "null", "a: 1\na: 2\n", "a: 1\n'a': 2\n", "1: a\n1: b\n", "a:\n  b: 1\n  b: 2\n", "a: &x 1\nb: *x\n",
    "a: *x\n", "a: &x {b: 1}\nc: *x\nd: [*x, *x]\n", "a: &x [*x]\n", "a: &x {b: *x}\n",
    "a: &A {k: 1, l: 2}\nb:\n  <<: *A\n  k: 3\n", "a: &A {kk: 1}\nb: &B {kk: 2}\nc:\n  <<: [*A, *B]\n",
    "a: &A {k: 1}\nb: &B {k: 2}\nc:\n  <<: [*A, *B]\n", "a: &A {kk: 1}\nb: &B {kk: 2}\nc: {<<: *A, <<: *B}\n",
    "b: &B {x: 2, yy: 3}\nz: {q: &A {<<: *B, yy: 1}}\nc: {<<: *A}\n", "c: {<<: 3}\n", "c: {<<: [1]}\n",
    "a: &A {k: 1}\nb: {k: 3, <<: *A}\n", "a: &A {<<: {z: 1}, k: 1}\nb: {<<: *A}\n", "x: =\n", "=: 3\n", "x: <<\n",
    "a:\n- 1\n- 2\n", "a:\n  - b: 1\n    c: 2\n  -\n    d: 3\n", "a:\n  b:\n    c:\n      - [x, {y: z}]\n",
    "? a\n: b\n", "? a\n", "? |\n  multi\n: 1\n", "'': 1\n", "a b c: 1\n", "true: 1\nno: 2\nnull_: 3\n",
    "a: |\n  line one\n  line two\n", "a: |2\n    x\n", "a: >\n  folded\n  text\n\n  para\n", "a: 'x\n\n  y'\n",
    "a: \"tab\\there\"\n", "a: \"\\u263a \\x00 \\e\"\n", "a: 'quote '' inside'\n", "é: ü\n", "a: \"\\N\\_\\L\\P\"\n",
    "%YAML 1.1\n---\na: 1\n", "# @package _global_\na: 1\n", "a: [\n", "a: {b\n", "a: 'x\n", "a: b: c\n", "a\n b: 1\n",
    "a: ${b}\nb: ${oc.env:X,1}\n", "a: ${b\n", "a: '${b'\n", "${a: 1\n", "a: \\${b}\n", "a: ${f:'x'y}\n",
    "a: " + "word " * 40 + "\n", "a: '" + "it''s " * 30 + "'\n", 'a: "' + "tab\\t " * 30 + '"\n',
    "a: 'x: y # z'\n", "a: '- x'\n", "a: '1'\nb: '1e5'\nc: 'yes'\nd: 'y'\ne: '1_0'\nf: 'infinity'\ng: ' 1'\n",
    "a: '2020-01-01'\nb: 2020-01-01\nc: '<<'\nd: '='\ne: '~'\nf: ''\ng: '0x1'\nh: '1:30'\n",
    "a: 1e-6\nb: 1e16\nc: 1e22\nd: .inf\ne: .nan\nf: -.inf\ng: 1.0\n", "a: []\nb: {}\nc: [[]]\nd: [{}]\n",
    "a:\n- - 1\n  - 2\n- - 3\n", "a:\n- b:\n  - 1\n  c:\n    d: 1\n", "k" * 130 + ": 1\n", "? " + "k" * 130 + "\n: {a: 1}\n",
    "a: \"trail \"\nb: \" lead\"\nc: \"x\\n\"\nd: \"\\nx\"\ne: \"x\\n y\"\nf: \"x \\ny\"\ng: \"x\\n\\ny\"\n",
    "a: \"\\U0001F600 smile\"\nb: \"\\uFEFF\"\nc: \"\\x7f\"\n", "1: a\n2.5: b\ntrue: c\n", "a: b\r\nc: d\r\n",
]

ENV = {"HOME": "/h", "N": "4", "EMPTY": ""}
LOOK_BASE = """
a: 1
f: 0.5
t: true
s: text
n: null
m: ???
l: [1, x, ${a}]
d: {x: 1, y: '${.x}', z: {w: '${..x}', v: '${...a}'}}
e1: ${a}
e2: 'v${a}-${f}-${t}-${n}-${s}'
e3: ${d.z.w}
e4: ${l[1]}
e5: ${l.2}
e6: ${nope}
e7: ${m}
e8: ${e9}
e9: ${e8}
e10: ${oc.env:HOME}
e11: ${oc.env:NONE,3}
e12: ${oc.env:NONE,null}
e13: ${oc.env:NONE}
e14: ${oc.select:nope,5}
e15: ${oc.select:a,5}
e16: ${oc.select:m,[1,2]}
e17: ${oc.select:nope}
e18: ${oc.decode:${oc.env:N}}
e19: ${oc.select:nope,'q ${s} q'}
e20: ${oc.create:{u:1,v:[a,b]}}
e21: ${d}
e22: ${e21.z.v}
e23: ${${sel}}
sel: s
e24: ${d.${key}}
key: y
e25: ${custom:1}
e26: 'x${l}'
e27: '\\${a}'
e28: '\\\\${a}'
e29: ${oc.dict.keys:d}
e30: ${oc.decode:'{a: 1, b: [x, null, 1e3]}'}
e31: ${oc.env:EMPTY,z}
e32: ${oc.select:s.t.u,deep}
e33: ${e34.x}
e34: ${oc.create:{x:7}}
e35: ${s.t}
e36: ${oc.env:NONE,${a}}
e37: ${ a }
e38: ${oc.select:n,1}
e39: ${self.loop}
self: {loop: '${self}'}
e40: ${oc.deprecated:a}
e41: ${oc.select:.a}
"""

BASE = """
lr: 0.1
name: run
flag: true
nothing: null
must: ???
tags: [a, b]
db: {driver: mysql, user: omry, port: 3306}
opt:
  kind: adam
  betas: [0.9, 0.99]
  sub: {x: 1, y: 2}
ref: ${opt.sub}
alias: ${lr}
deep: {list: [{p: 1}, {p: 2}], from: '${..db}', n: null}
"""
LISTS = """
lr=1 lr=2 | opt.sub={x:9} opt.sub.x=7 | opt.sub.x=7 opt.sub={x:9} | +new=1 +new=2 | +new=1 new=2 | new=2 +new=1
++new=1 ++new=2 | +new={a:1} +new={b:2} | +new=[1,2] +new=[3] | opt.sub={x:5} | opt.sub={z:5} | +opt.sub={z:5}
++opt.sub={z:5} | opt.betas=[1] | opt.betas.0=1 | opt.betas.7=1 | opt.betas.-1=1 | opt.betas.x=1 | ~opt.betas.0
lr={a:1} | opt=1 | opt=null | opt.sub={} | ~lr | ~lr=0.1 | ~lr=0.2 | ~lr +lr=3 | +z=3 ~z | ~lr lr=3 | ~lr ~lr
lr=3 ~lr | lr=3 ~lr=0.1 | ~nope | ~nothing | ~nothing=null | ~name= | ~opt.sub | ~name='run' | ~db.port=3306.0
nope=1 | opt.knid=1 | opt.sub.q.r=1 | +a.b.c=1 | +lr=1 | +nothing=1 | ++lr=1 | ++fresh.deep=1 | +lr.x=1 | ++lr.x=1
lr.x=1 | name= | name=null | name=None | name='1' | lr=1e-6 | lr=1_000 | name=007 | name=${lr} | name='\\${lr}'
name=??? | name=${zzz} | +new={1:a,true:b,1.5:d} | +new={null:c} | +new={a.b:1} | +$x=1 | must=3 | +must=3 | ~must
++must={a:1} | ref={x:5} | +ref={z:5} | ref.x=5 | +ref.x=5 | ~ref.x | ~ref | ref=[1] | deep={from:{port:1}}
deep={list:[1]} | deep={list:{a:1}} | deep={from:[1]} | opt={betas:{a:1}} | opt=[1] | tags={a:1} | ~alias=0.1
+alias=1 | deep.list.0.p=5 | deep.list.0={q:1} | +deep.list.0={q:1} | deep.list.5={q:1} | ~deep.list.0.p
deep={n:{a:1}} | opt={sub:???} | opt={sub:{x:???}} | opt.sub={x:null,y:'${lr}'} | ~tags=[a,b] | ~opt.sub={y:2,x:1.0}
~opt.sub={x:1} | db.port=1 db.port=2 +db.x=3 ~db.user | hydra.job.name=x lr=3 | a@b=1 | lr@foo=1 | tags.+1=z
~flag=1 | ~deep.n | +deep.n=1 | +deep.n.a=1 | ++tags.0.x=1 | +tags.2=c | tags.1.x=1 | name='${a' | lr=[1,'${a']
"""


def lists():
    return [[word for word in part.split()] for part in LISTS.replace("\n", "|").split("|") if part.split()]


# Random cases.

KEYS = ["a", "b", "c", "d", "x1"]


def some_scalar(rng):
    return rng.choice([
        "1", "2", "1.0", "0.5", "true", "false", "null", "text", "'q t'", "''", "'1'", "'???'", "1e-6", "yes",
        "a b", "[]", "{}",
    ])


def some_inter(rng):
    key = ".".join(rng.choice(KEYS) for _ in range(rng.choice([1, 1, 2, 2, 3])))
    return rng.choice([
        f"${{{key}}}", f"${{.{key}}}", f"${{..{key}}}", f"'x${{{key}}}'", f"'${{oc.select:{key},1}}'", f"${{{key}[0]}}",
    ])


def some_yaml(rng, depth=0):
    kind = rng.random()
    if depth > 2 or kind < 0.35:
        return some_inter(rng) if rng.random() < 0.25 else some_scalar(rng)
    if kind < 0.55:
        return "[" + ", ".join(some_yaml(rng, depth + 1) for _ in range(rng.randint(0, 3))) + "]"
    keys = rng.sample(KEYS, rng.randint(0, 4))
    return "{" + ", ".join(f"{key}: {some_yaml(rng, depth + 1)}" for key in keys) + "}"


def some_base(rng):
    return "".join(f"{key}: {some_yaml(rng)}\n" for key in rng.sample(KEYS, rng.randint(2, 5)))


def some_value(rng, depth=0):
    kind = rng.random()
    if depth > 2 or kind < 0.5:
        return rng.choice(["1", "2", "1.0", "true", "null", "text", "'q'", "'1'", "???", "", "0.5", "'${a}'", "'${a.b}'"])
    if kind < 0.7:
        items = [some_value(rng, depth + 1) or "0" for _ in range(rng.randint(0, 3))]
        return "[" + ",".join(items) + "]"
    keys = [rng.choice(KEYS + ["1", "true"]) for _ in range(rng.randint(0, 3))]
    return "{" + ",".join(f"{key}:{some_value(rng, depth + 1) or 0}" for key in keys) + "}"


def some_override(rng):
    parts = [rng.choice(KEYS)]
    while rng.random() < 0.5 and len(parts) < 4:
        parts.append(rng.choice(KEYS + ["0", "1", "-1"]))
    key, sigil = ".".join(parts), rng.choice(["", "", "", "+", "+", "++", "++", "~"])
    if sigil == "~" and rng.random() < 0.6:
        return "~" + key
    return f"{sigil}{key}={some_value(rng)}"


PIECES = [
    "a", "b: ", ": ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", "'", '"', "#", " #", "&x ", "*x", "<<: ", "|\n  ",
    ">\n  ", "? ", "!!str ", "1", "1e5", "yes", "null", "~", "${a}", "\\", "é", "...", "---", " ", "-", ":", "%", "@", "x y",
]


def some_document(rng):
    if rng.random() < 0.5:
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 14)))
    text = list(rng.choice(DOCUMENTS) or "a: 1\n")
    for _ in range(rng.randint(1, 3)):
        text.insert(rng.randint(0, len(text)), rng.choice(PIECES))
    return "".join(text)


CHARS = ["a", "word", " ", " ", "  ", "'", '"', "\\n", "\\t", ":", ": ", "#", " #", "-", "é", "\\x07", "1", ".", ",", "[", "{", "?", "\\\\",
         "\\N", "\\u2028", "x" * 30, "e5", "_", "%", "y"]


def some_text(rng):
    inner = "".join(rng.choice(CHARS).replace('"', '\\"') for _ in range(rng.choice([1, 2, 3, 5, 30, 60])))
    shape = rng.choice(['a: "%s"\n', 'a: {b: {c: ["%s"]}}\n', '"%s": 1\n', 'a: [["%s"], x]\n', '"%s": {"%s": [1]}\n'])
    return shape.replace("%s", inner)


TOKENS = ["${", "}", "a", "d", "x", ".", "[", "]", ":", ",", " ", "'", '"', "\\\\", "oc.select", "oc.select:", "oc.decode:", "oc.env:N",
          "{", "1", "1.5", "null", "true", "$", "-", "${a}", "${d.x}", "${l[1]}", "e5", "=", "é", "/", "\t", "01", "1_0",
          "'q'", "${oc.select:", "${oc.create:[", "]}", "{a:1}", "\\\\${", "|", "?", "nope"]


def some_template(rng):
    text = "".join(rng.choice(TOKENS).replace("\\\\", "\\") for _ in range(rng.randint(1, 9)))
    if rng.random() < 0.6:
        text = "${" + rng.choice(["", "oc.select:", "oc.select:nope,", "oc.decode:"]) + text + "}"
    return f"a: 1\nd: {{x: yes, y: '${{.x}}'}}\nl: [p, 'q']\nk: {json.dumps(text)}\n"


def fuzz(seed, count):
    rng = random.Random(seed)
    for _ in range(count):
        kind = rng.random()
        if kind < 0.15:
            yield look(some_template(rng), "k", ENV)
        elif kind < 0.25:
            yield load(some_document(rng))
        elif kind < 0.45:
            yield load(some_text(rng))
        elif kind < 0.7:
            base = some_base(rng)
            yield look(base, ".".join(rng.choice(KEYS) for _ in range(rng.randint(1, 3))), ENV)
        else:
            overrides = [some_override(rng) for _ in range(rng.randint(1, 4))]
            yield composed(some_base(rng), overrides)


def cases(what):
    if what == "scalars":
        for text in SCALARS + TAGGED:
            yield load(f"k: {text}\n")
    elif what == "documents":
        for text in DOCUMENTS:
            yield load(text)
    elif what == "looks":
        for line in LOOK_BASE.splitlines():
            if line.startswith("e"):
                yield look(LOOK_BASE, line.split(":")[0], ENV)
        for key in ["d.y", "d.z.w", "d.z.v", "l", "l.2", "e21.x", "e20.v.1", "d", "m", "n", "zz", "a.b", "l.9", "l.x"]:
            yield look(LOOK_BASE, key, ENV)
    elif what == "composes":
        for overrides in lists():
            yield composed(BASE, overrides)
    else:
        yield from fuzz(int(sys.argv[2]), int(sys.argv[3]))


for case in cases(sys.argv[1]):
    print(json.dumps(case, ensure_ascii=False))
