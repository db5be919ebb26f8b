#!/usr/bin/env python3
"""Makes launch scripts of every form that people write, from a seed.

    generate.py SEED        prints one script

`check.py` runs them under bash and compares.
"""

import random
import sys

COUNTS = ["COUNT", "NNODES", "SEQ"]
NAMES = ["N", "M", "BS", "LR", "OFFLOAD", "MODEL", "DIR", "TAG", "N_GPUS", "X"]
UNSET = ["UNSET_ONE", "UNSET_TWO"]
TOLD = {"TOLD": "7", "TOLD_TEXT": "from outside"}
LISTS = ["ARGS", "EXTRA", "DATA"]
KEYS = [
    "data.train_batch_size", "data.val_batch_size", "actor.optim.lr", "actor.ppo_mini_batch_size",
    "actor.fsdp.param_offload", "rollout.n", "rollout.name", "rollout.val_kwargs.n", "trainer.logger",
    "trainer.project_name", "trainer.n_gpus_per_node", "trainer.nnodes", "model.path", "seed",
]
NUMBERS = ["0", "1", "2", "4", "8", "16", "100", "1024"]
TEXTS = ["True", "False", "null", "0.6", "1e-6", "vllm", "gsm8k", "a/b/c.parquet", "Qwen2-7B", "x.tar.gz", "fooBar"]
BLANKS = ["a b", " lead", "trail ", "two  blanks", "[1, 2]", "it is"]


class Script:
    """One script; `positional` says whether it looks at its own arguments otherwise than by "$@"."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.lines = []
        self.launches = 0
        self.functions = []
        self.positional = False
        self.forwards = False
        # Whether a function looks at its arguments otherwise than by "$@".
        self.looks_inside = False
        self.indent = 0
        self.depth = 0
        self.in_function = False
        self.assigned = []
        self.filled = []

    # -- choosing ---------------------------------------------------------------------------------
    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, share):
        return self.rng.random() < share

    def number(self):
        return self.rng.choice(NUMBERS)

    def name(self):
        if self.chance(0.15):
            return self.rng.choice(COUNTS)
        if self.assigned and self.chance(0.85):
            return self.rng.choice(self.assigned)
        return self.rng.choice(NAMES + UNSET + list(TOLD))

    def key(self):
        return self.rng.choice(KEYS)

    def plain(self):
        return self.pick(self.number(), self.number(), self.rng.choice(TEXTS))

    # -- words --------------------------------------------------------------------------------------
    def literal(self):
        """A value without expansions, as written."""
        text = self.plain()
        form = self.rng.randrange(17)
        if form < 6:
            return text
        if form == 6:
            return f"'{text}'"
        if form == 7:
            return f'"{text}"'
        if form == 8:
            return f"'{self.rng.choice(BLANKS)}'"
        if form == 9:
            return f'"{self.rng.choice(BLANKS)}"'
        if form == 10:
            return self.pick("['console','wandb']", '\'["console","wandb"]\'', "[1,2]", "\"['a', 'b']\"")
        if form == 11:
            return self.pick(r"$'tab\there'", r"$'a\x41\101'", r"$'it\'s'", r"$'nl\nx'", r"$'\u00e9'", "$'plain'", r"$'\cA\e'")
        if form == 12:
            return self.pick(r"a\ b", r"\$x", r"\"q\"", r"back\\slash", r"a\'b", r"\*", "\\\n")
        if form == 13:
            return self.pick('"a\\$b"', '"q\\"q"', '"b\\\\s"', '"k\\eep"', '"line\nbreak"', '"joi\\\nned"', '"`"\'`\'"`"'.replace("`", "'"))
        if form == 14:
            return self.pick("{a,b}", "{1..3}", "{a}", "x{1,2}y", "'{a: 1}'", "{}", "\\{a,b\\}", "{a,'b c'}", "{01..03}", "{a,b}{c,d}", "{1..7..3}")
        if form == 15:
            return self.pick("~", "~/x", "x:~", "~nobodyhere/x", "~+", '"~"')
        return self.pick("*", "a*b", "?", "[ab]", "a#b", "!x", "-1", "é", "a=b", "%", "@", "^", "a,b", "$", "a$", '"$"', "#", "''", '""')

    def arithmetic(self):
        name = self.rng.choice(COUNTS) if self.chance(0.9) else self.name()
        return self.rng.choice([
            f"{name} * 2", f"{name}+1", f"${name} / 2", f"(${{{name}}} + 3) * 2", f"${{{name}:-4}} - 1",
            f"{self.number()} % 3", f"{name} > 2 ? 5 : 6", f"{name} << 1", f"2 ** 3", f"0x10 + 010", f"{name} == 4 && 1",
            f"-{name}", f"!{name}", f"{name}--", f"++{name}", f"{name} = 3", f"{name} += 2", f"1 || ({name} = 9)", f"7 & 3 | 8 ^ 1",
            f"{name} >> 1", "16#ff", "1 , 2", f"{name}", "",
        ])

    def pattern(self):
        return self.rng.choice(["*", "?", "a*", "*/", ".*", "*.*", "[0-9]", "[!a-z]*", "o", "/*", "\"*\"", "\\*", "2", "$M", "[ab]", "*b", "[[:upper:]]", "+(o)"])

    def operated(self):
        """An expansion with an operator, without the quotes."""
        name = self.name()
        default = self.pick(self.plain(), self.plain(), "$" + self.name(), '"' + self.rng.choice(BLANKS) + '"', "'q d'", "a b", "",
                            f"${{{self.name()}:-{self.plain()}}}", "a}b".replace("}", ""), "~/x", "a\\ b")
        other = self.name()
        array = self.rng.choice(LISTS)
        return self.rng.choice([
            f"${{{name}:-{default}}}", f"${{{name}:-{default}}}", f"${{{name}-{default}}}", f"${{{name}:={default}}}",
            f"${{{name}={default}}}", f"${{{name}:+{default}}}", f"${{{name}+{default}}}", f"${{{name}:-${{{other}:-{self.plain()}}}}}",
            f"${{{name}//{self.pattern()}/{self.pick('_', '', 'x/y', '$M', chr(34) + 'q q' + chr(34))}}}", f"${{{name}/{self.pattern()}/-}}",
            f"${{{name}/#a/b}}", f"${{{name}/%e/E}}", f"${{{name}/x}}",
            f"${{{name}%{self.pattern()}}}", f"${{{name}%%{self.pattern()}}}", f"${{{name}#{self.pattern()}}}", f"${{{name}##{self.pattern()}}}",
            f"${{#{name}}}", f"${{{name}^^}}", f"${{{name}^}}", f"${{{name},,}}", f"${{{name},}}", f"${{{name}:1}}", f"${{{name}:0:2}}",
            f"${{{name}: -2}}", f"${{{name}:1:-1}}", f"${{!{name}}}", f"${{{name}@Q}}", f"${{{array}[0]}}", f"${{{array}[1]}}",
            f"${{#{array}[@]}}", f"${{{array}[-1]}}", f"${{{array}}}", f"${{{array}[*]}}", f"${{{array}[@]:1}}", f"${{{array}[@]:0:1}}",
            f"${{{array}[$N]}}", f"${{!{array}[@]}}", f"${{{array}[@]/a/b}}", f"${{{array}[@]%x}}", f"${{{array}[*]^^}}", f"${{#{array}}}",
        ])

    def expansion(self):
        form = self.rng.randrange(12)
        name = self.name()
        if form < 3:
            return "$" + name
        if form < 6:
            return "${" + name + "}"
        if form < 8:
            return "$((" + self.arithmetic() + "))"
        if form == 8 and self.chance(0.5):
            return self.pick("$(echo 3)", "`echo 4`", "$(echo a b)", f"$(echo ${name})", "$(cat /dev/null)", "$(( 1 + $(echo 2) ))")
        if form == 9 and self.chance(0.3) and not self.forwards:
            self.positional = True
            return self.pick("$1", "${1:-5}", "${2:-x y}", "$#", "${1}", "${@:1:1}", "${1:+z}", "$*", "${*:2}", "${#1}", "${1%x}")
        return self.operated()

    def value(self):
        form = self.rng.randrange(10)
        if form < 4:
            return self.literal()
        expansion = self.expansion()
        if form < 6:
            return expansion
        if form < 8:
            return f'"{expansion}"'
        if form == 8:
            return f'"{self.plain()} {expansion}{self.expansion()}"'
        return self.pick(f"{self.plain()}{expansion}", f"pre_{expansion}_post", f"{expansion}{self.expansion()}", f"'{self.plain()}'{expansion}", f"{expansion}' '")

    def override(self):
        key = self.key()
        form = self.rng.randrange(24)
        sigil = self.pick("", "", "", "", "", "", "+", "++")
        if form < 16:
            return f"{sigil}{key}={self.value()}"
        if form == 16:
            return f'"{key}={self.pick(self.plain(), self.expansion(), self.rng.choice(BLANKS))}"'
        if form == 17:
            return f"'{key}={self.pick(self.plain(), self.rng.choice(BLANKS))}'"
        if form == 18:
            return f"~{key}"
        if form == 19:
            head, tail = key[:4], key[4:]
            return self.pick(f'{head}"{tail}"={self.value()}', f"{head}'{tail}='{self.plain()}", f"{head}\\\n{tail}={self.plain()}")
        if form == 20:
            return f"{key}='{self.plain()}'\"'\"'{self.plain()}'"
        if form == 21:
            return f"{self.expansion()}"
        if form == 22:
            return f"{key}=\"['${{{self.name()}}}', '{self.plain()}']\""
        return f'"{key}=[{self.plain()},{self.expansion()}]"'

    # -- statements -----------------------------------------------------------------------------------
    def put(self, line):
        self.lines.append("    " * self.indent + line)

    def assignment(self):
        name = self.rng.choice(NAMES)
        self.assigned.append(name)
        value = self.pick(self.literal(), self.number(), self.value(), self.number(), "${" + name + ":-" + self.plain() + "}")
        form = self.rng.randrange(21)
        comment = self.pick("", "", "", "  # why")
        if form < 9:
            self.put(f"{name}={value}{comment}")
        elif form == 9:
            self.put(f"export {name}={value}")
        elif form == 10:
            self.put(f"export {name}={value} {self.rng.choice(NAMES)}={self.value()}")
        elif form == 11:
            self.put(f'{name}+={value}')
        elif form == 12:
            self.put(f': "${{{name}:={self.plain()}}}"')
        elif form == 13:
            self.put(f"{name}={value} {self.rng.choice(NAMES)}={self.value()}")
        elif form == 14:
            word = "local" if self.in_function else "declare"
            self.put(f"{word} {self.pick('', '', '-r ' if False else '', '-i ' if self.chance(0.3) else '', '-x ')}{name}={self.pick(self.number(), self.value())}")
        elif form == 15:
            self.put(self.pick(f"unset {name}", f"export {name}", f"{name}=", f'read {name} <<< "{self.plain()}"', f"printf -v {name} %s {self.plain()}",
                               f"readonly R_{name}={self.plain()}", f"unset -v {name}", f"IFS=, read -r {name} _ <<< 'p,q'"))
        elif form == 16:
            self.put(f"(({self.arithmetic() or '1'}))" + self.pick("", " || true"))
        elif form == 17:
            self.put(self.pick(f"let {name}=3+4", f"let '{name}+=1'", f"let {name}++"))
        elif form == 18:
            text = " ".join(f"{self.key()}={self.plain()}" for _ in range(self.rng.randrange(1, 4)))
            self.put(f'{name}="{text}"')
        else:
            self.put(f"{self.pick(name, *COUNTS)}=$(({self.arithmetic()}))")

    def array(self):
        name = self.rng.choice(LISTS)
        sign = "+=" if self.filled and self.chance(0.4) else "="
        self.filled.append(name)
        words = [self.override() for _ in range(self.rng.randrange(0, 5))]
        if self.chance(0.08):
            words.append(f'"${{{self.rng.choice(LISTS)}[@]}}"')
        if self.chance(0.03) and not self.positional:
            self.forwards = True
            words.append('"$@"')
        declared = self.pick("", "", "", "", "declare -a ", "local " if self.in_function else "")
        if self.chance(0.3):
            self.put(f"{declared}{name}{sign}({' '.join(words)})")
            if self.chance(0.15):
                self.put(self.pick(f"{name}[1]={self.override()}", f"{name}[${{#{name}[@]}}]={self.override()}", f"unset '{name}[0]'", f"{name}=word", f"{name}+=tail", f"{name}+=({self.override()})"))
            return
        self.put(f"{declared}{name}{sign}(")
        for word in words:
            if self.chance(0.1):
                self.put(f"    # {self.key()}={self.plain()}")
            self.put("    " + word + self.pick("", "", "", "  # because"))
        self.put(")")

    def condition(self):
        name = self.name()
        return self.rng.choice([
            f'[ "${name}" = {self.plain()} ]', f'[ -n "${name}" ]', f'[ -z "${{{name}:-}}" ]', f"[[ ${name} == {self.plain()} ]]",
            f"[[ ${{{name}}} == *{self.plain()[:1]}* ]]", f"[[ -n ${{{name}}} && ${name} != 4 ]]", f"(( {name} > 2 ))", f"[ \"${{{name}}}\" -gt 2 ] 2> /dev/null",
            "true", "false", f"[[ ${name} =~ ^[0-9]+$ ]]", f"[ -f /no/such/file ]", f"test \"${name}\" != x", f"! [ \"${name}\" = 1 ]",
            f"[[ -v {name} ]]", f"[[ -z ${name} || ${name} == 8 ]]", f"[ x${name} = x8 ]", f"[ 1 -lt 2 -a 3 -lt 4 ]", f"[[ ${name} < b ]]",
            f"[[ \"${name}\" == \"a*\" ]]", "mystery", f"(({self.arithmetic() or '1'}))", f"[[ ${name} == \"${self.name()}\" ]]", f"[ ${name} ]",
            f"[[ ${name} -ge 4 ]]", f"[ ! -d /nowhere ]", f"[ \"${name}\" == \"*\" ]", f"{self.rng.choice(NAMES)}={self.number()}",
        ])

    def block(self, count=None):
        self.indent += 1
        self.depth += 1
        for _ in range(count or self.rng.randrange(1, 3)):
            self.statement()
        self.depth -= 1
        self.indent -= 1

    def statement(self):
        form = self.rng.randrange(40)
        deep = self.depth >= 2
        if form < 17 or deep and form < 34:
            return self.assignment()
        if form < 22:
            return self.array()
        if form < 25:
            self.put(f"if {self.condition()}; then")
            self.block()
            if self.chance(0.3):
                self.put(f"elif {self.condition()}; then")
                self.block()
            if self.chance(0.5):
                self.put("else")
                self.block()
            return self.put("fi")
        if form == 25:
            self.put(f"case {self.pick('$', chr(34) + '$')[:1] if False else ''}\"${self.name()}\" in")
            for _ in range(self.rng.randrange(1, 4)):
                pattern = self.pick(self.plain(), self.plain() + "|" + self.plain(), self.pattern(), '""', "a*|*b")
                self.put(f"  {pattern})")
                self.block(1)
                self.put("  " + self.pick(";;", ";;", ";;", ";;", ";;", ";&", ";;&"))
            if self.chance(0.5):
                self.put("  *)")
                self.block(1)
                self.put("  ;;")
            return self.put("esac")
        if form == 26:
            name = self.rng.choice(NAMES)
            self.assigned.append(name)
            words = " ".join(self.pick(self.literal(), self.plain(), self.plain(), "$" + self.name(), '"${ARGS[@]}"') for _ in range(self.rng.randrange(0, 4)))
            self.put(f"for {name} in {words}; do")
            self.block()
            if self.chance(0.2):
                self.put(self.pick("    break", f"    {self.condition()} && continue", f"    {self.condition()} && break"))
                self.block(1)
            return self.put("done")
        if form == 27:
            self.put(self.pick("for ((i = 0; i < 2; i++)); do", "i=0; while (( i++ < 2 )); do", "for i in 1 2; do", "i=0; until [ $i -ge 2 ]; do i=$((i + 1))"))
            self.block()
            return self.put("done")
        if form == 28:
            return self.function()
        if form == 29 and self.functions:
            return self.call()
        if form == 30:
            if self.forwards:
                return None
            self.positional = True
            if self.chance(0.6):
                words = " ".join(self.override() for _ in range(self.rng.randrange(0, 3)))
                return self.put(f"set -- {words}" + self.pick("", "", ' "$@"'))
            if self.chance(0.5):
                return self.put(self.pick("shift", "shift 2", "shift || true", "set -- $ARGS", 'set -- "${ARGS[@]}"'))
            self.put("while [ $# -gt 0 ]; do")
            self.put("    case \"$1\" in")
            self.put(f"        --bs) BS=\"$2\"; shift 2;;")
            self.put(self.pick("        *) break;;", "        *) EXTRA+=(\"$1\"); shift;;"))
            self.put("    esac")
            return self.put("done")
        if form == 31:
            one = self.rng.choice(NAMES)
            return self.put(f"{self.condition()} {self.pick('&&', '||')} {one}={self.value()}" + self.pick("", "", f" || {one}={self.number()}"))
        if form == 32:
            self.put(self.pick("(", "{"))
            close = {"(": ")", "{": "}"}[self.lines[-1].strip()]
            self.block()
            return self.put(close + self.pick("", "", " | cat", " > /dev/null"))
        if form == 33:
            return self.put(self.rng.choice([
                "set -x", "set -e", "set -euo pipefail", "set -u", "echo $N \"$@\"" if not self.positional else "echo hi", "mkdir -p $DIR", "cd /tmp", "sleep 0", "wait", "ulimit -n 65535",
                f"cat <<EOF\n{self.key()}=${{{self.name()}}}\nEOF", f"cat <<'EOF' > /dev/null\n{self.key()}=$N\nEOF", "# data.train_batch_size=3 \\", "", "true && :",
                "IFS=,", "unset IFS", "shopt -s extglob", "shopt -s nullglob", f"export -n {self.rng.choice(NAMES)}", "set -f", "local L=1" if self.in_function else "return 2> /dev/null",
                f"eval {self.rng.choice(NAMES)}=9", f"eval \"{self.rng.choice(NAMES)}=\\$M\"", f"declare -A MAP=([a]=1 [b]=2)", f"{self.rng.choice(NAMES)}=$((N > 1 ? N : 1)) &", "trap 'echo bye' EXIT",
                f"read -r X Y <<< \"1 2\"", f"mapfile -t ARGS <<< $'{self.key()}=1\\n{self.key()}=2'", f"IFS=' ' read -ra EXTRA <<< \"{self.key()}=1 {self.key()}=2\"",
                f"declare -n REF={self.rng.choice(NAMES)}; REF=5", f"{self.rng.choice(NAMES)}=3 true", f"declare -u {self.rng.choice(NAMES)}=low", f"echo a | read X", f"test -n \"${{UNSET_ONE:?}}\"",
            ]))
        if self.chance(0.5):
            return self.launch()
        return self.assignment()

    def function(self):
        name = f"go{len(self.functions)}"
        outer, self.in_function = self.in_function, True
        self.put(self.pick(f"{name}() {{", f"function {name} {{", f"function {name}() {{"))
        forwards, self.forwards = self.forwards, False
        positional, self.positional = self.positional, False
        if self.chance(0.5):
            self.positional = True
            self.put(self.pick(f"    local {self.rng.choice(NAMES)}=$1; shift", f"    local {self.rng.choice(NAMES)}=${{1:-3}}", "    shift", f"    {self.rng.choice(NAMES)}=\"$2\"", f"    local {self.rng.choice(NAMES)}"))
        self.block()
        if self.chance(0.4):
            self.indent += 1
            self.launch()
            self.indent -= 1
        if self.chance(0.1):
            self.put(self.pick("    return", f"    {self.condition()} && return 1", "    return 0"))
            self.block(1)
        self.looks_inside |= self.positional
        self.forwards, self.positional = forwards, positional
        self.in_function = outer
        self.put("}")
        self.functions.append(name)
        if self.chance(0.8):
            self.call()

    def call(self):
        words = " ".join(self.pick(self.plain(), self.override(), self.override()) for _ in range(self.rng.randrange(0, 3)))
        tail = ""
        if self.chance(0.2) and not self.positional and not self.looks_inside:
            self.forwards, tail = True, ' "$@"'
        self.put(f"{self.rng.choice(self.functions)} {words}{tail}".rstrip() + self.pick("", "", "", "", " && N=3", " | cat", " || true"))

    # -- launches ----------------------------------------------------------------------------------------
    def head(self):
        self.launches += 1
        module = f"app{self.launches}"
        if self.chance(0.3):
            module = f"train/app{self.launches}.py"
            direct, dash = f"python3 {module}", module
        else:
            direct, dash = f"python3 -m {module}", f"-m {module}"
        prefix = self.pick("", "", "", "", "HYDRA_FULL_ERROR=1 ", "A=1 B=$N ", f"N={self.number()} ")
        form = self.rng.randrange(22)
        if form < 10:
            return prefix + direct
        cut = " \\\n " if form % 2 else ""
        return prefix + self.rng.choice([
            f"python -u {dash}", f"torchrun --nproc_per_node=$N {dash}", f"torchrun --standalone --nnodes 1 {dash}", f"uv run {direct}", f"uv run --no-sync {dash}".replace("-m ", "python -m ").replace(" train", " python train"),
            f"srun --ntasks=1 {direct}", f"ray job submit --address=http://x --runtime-env=a.yaml -- {direct}", f"nohup {direct}", f"exec {direct}" if self.depth == 0 and self.chance(0.2) else direct,
            f"time {direct}", f"env FOO=1 {direct}", f"/usr/local/bin/{direct}" if False else direct, f"accelerate launch --num_processes 2 {dash}", f"\"${{LAUNCH[@]}}\" {dash}", f"$PYTHON {dash}", f"command {direct}",
            f"bash -c \"{direct}{cut} a.b=1{cut} c.d=2\" ", f"numactl --all {direct}",
        ])

    def words(self):
        words = [self.override() for _ in range(self.rng.randrange(1, 7))]
        if self.chance(0.55):
            for name in self.rng.sample(LISTS, self.rng.randrange(1, 3)):
                words.insert(self.rng.randrange(len(words) + 1), self.pick(f'"${{{name}[@]}}"', f'"${{{name}[@]}}"', f'"${{{name}[@]}}"', f"${{{name}[@]}}", f'"${{{name}[*]}}"', f"${{{name}[*]}}", f'"${{{name}[@]:1}}"', f'"x.y=${{{name}[@]}}"', f'"${{{name}[@]}}tail"', f'${{{name}+"${{{name}[@]}}"}}'))
        if self.chance(0.12):
            words.insert(0, self.pick("--config-name=run", "--config-path conf", "-m", "--config-name run", "--cfg job"))
        if self.chance(0.15):
            words.append(self.pick("$X", "$N", "$UNSET_ONE", "${UNSET_ONE:-}", '"$X"', "${X:+rollout.n=$X}", "${UNSET_ONE:+a.b=1}", "${TOLD:+seed=1}"))
        if self.chance(0.5):
            forward = self.pick('"$@"', '"$@"', "$@", '"${@}"', "${@}")
            if self.in_function:
                forward = self.pick('"$@"', "$@", '"${@:1}"', '"${@:2}"', "$1", '"$1"', "$*")
            elif not self.positional:
                self.forwards = True
            elif self.chance(0.3):
                forward = self.pick("$*", '"${@:2}"', '"$*"', "$1")
            words.insert(len(words) if self.chance(0.8) else self.rng.randrange(len(words) + 1), forward)
        return words

    def launch(self):
        head = self.head()
        words = self.words()
        tail = self.pick("", "", "", "", " 2>&1 | tee log", " > log 2>&1", " &", " || true", " && N=5", " | cat", " >> log", "; N=9", "  # end", " < /dev/null")
        if self.chance(0.3):
            self.put(f"{head} {' '.join(words)}{tail}")
            return
        pad = self.pick("    ", "  ", "\t", "")
        lines = [head]
        while words:
            count = 1 if self.chance(0.85) else 2
            taken, words = words[:count], words[count:]
            lines.append(pad + "    " * self.indent + " ".join(taken))
        if self.chance(0.04):
            lines.insert(self.rng.randrange(1, len(lines)), pad + "# rollout.n=3")
        text = ""
        for index, line in enumerate(lines):
            text += line
            if index + 1 < len(lines):
                text += self.pick(*[" \\"] * 30, "\\" if lines[index + 1][:1].isspace() else " \\", "  \\", " \\ " if self.chance(0.2) else " \\") + "\n"
        if self.chance(0.1) and tail.strip():
            text += f" \\\n{pad}{tail.strip()}"
        else:
            text += tail
        if self.chance(0.05):
            text += " \\\n"
        self.put(text)

    def text(self):
        if self.chance(0.7):
            self.put("#!/bin/bash")
        self.put("LAUNCH=(python3)")
        self.put("PYTHON=python3")
        for name in COUNTS:
            self.put(f"{name}={self.pick(self.number(), '${' + name + ':-' + self.number() + '}')}")
        for name in NAMES:
            if self.chance(0.6):
                self.assigned.append(name)
                self.put(f"{name}={self.pick(self.plain(), self.plain(), self.literal())}")
        for _ in range(self.rng.randrange(1, 12)):
            self.statement()
        for _ in range(self.pick(1, 1, 1, 2)):
            self.launch()
        text = "\n".join(self.lines)
        return text if self.chance(0.15) else text + "\n"


def generate(seed):
    """Returns the script's text and whether it may be given arguments."""
    script = Script(seed)
    text = script.text()
    return text, script.forwards and not script.positional


if __name__ == "__main__":
    sys.stdout.write(generate(int(sys.argv[1]))[0])
