"""Records what two implementations of CEL make of expressions that conditions share with CEL.

    record.py record FILE              writes the record of the table below
    record.py check FILE               tells whether the record is still what they say
    record.py random FILE SEED COUNT   writes a record of random expressions

Needs `cel-python` and `common-expression-language`, a Python and a Rust implementation. Each line has
the expression, what each of the two makes of it, and where they disagree or conditions differ on
purpose, why and what is right.
"""

import json
import random
import sys

import cel
import celpy

# What the names stand for; the test gives its keys the same values.
WORLD = {
    "a": 3,
    "b": -7,
    "zero": 0,
    "f": 2.5,
    "s": "Qwen2.5-7B",
    "t": True,
    "u": False,
    "nothing": None,
    "l": [1, 2, 3],
    "names": ["fsdp", "megatron"],
    "m": {"k": 1, "n": 2.5},
}

PLAIN = r"""
1 + 2 * 3 | (1 + 2) * 3 | 10 - 3 - 2 | 2 * 3 % 4 | 7 / 2 | -7 / 2 | 7 / -2 | -7 / -2 | 7 % 3 | -7 % 3 | 7 % -3
-7 % -3 | 100 / 7 / 2 | 100 / (7 / 2) | 1 - -1 | -(-3) | - 3 | -a | -b | -f | 6 / 4 * 4 | 6 * 4 / 4
9223372036854775807 | -9223372036854775808 | -9223372036854775807 - 1 | 9223372036854775806 + 1
9223372036854775807 + 1 | -9223372036854775808 - 1 | 9223372036854775807 * 2 | -9223372036854775808 / -1
-(-9223372036854775808) | -9223372036854775808 % -1 | 1 / 0 | 1 % 0 | 0 / 5 | 0 % 5 | a / zero | a % zero
1.5 + 2.5 | 1.5 - 2.5 | 1.5 * 2.0 | 1.0 / 4.0 | -1.5 | 1e3 | 1.5e-3 | 1E2 | .5 | .5 + .5 | 1.0 / 0.0 | -1.0 / 0.0
0.1 + 0.2 | 1e308 * 10.0 | -0.0 | 0.0 == -0.0 | 1.0 / 3.0 | 2.5e0 | 1e16 | 123456789.123 | 5.0 % 2.0
1 == 1 | 1 == 2 | 1 != 2 | 1 != 1 | 1 < 2 | 2 < 1 | 1 <= 1 | 1 >= 2 | 2 > 1 | -1 < 0 | 1.5 < 2.5 | 2.5 <= 2.5
1.5 > 2.5 | 1.5 == 1.5 | 1.5 != 1.5 | 'a' == 'a' | 'a' == 'b' | 'a' != 'b' | 'a' < 'b' | 'b' < 'a' | 'a' <= 'a'
'a' > 'B' | 'abc' < 'abd' | 'ab' < 'abc' | '' < 'a' | '' == '' | 'é' < 'z' | 'é' > 'z' | '😀' > 'é' | 'Z' < 'a'
true == true | true == false | true != false | false < true | true <= true | true > false | false >= true
null == null | null != null | [] == [] | [1] == [1] | [1] == [2] | [1, 2] == [2, 1] | [1, 2] != [1] | [[1]] == [[1]]
['a'] == ['a'] | [true] == [false] | [1, 'a'] == [1, 'a'] | [null] == [null] | [1.5] == [1.5] | [1, 2,] == [1, 2]
true && true | true && false | false && true | false && false | true || true | true || false | false || true
false || false | !true | !false | !!true | !!!true | true && true && false | false || false || true
true || false && false | (true || false) && false | false && true || true | !true || true | !(true || true)
false && 1 / 0 == 1 | 1 / 0 == 1 && false | true || 1 / 0 == 1 | 1 / 0 == 1 || true | true && 1 / 0 == 1
1 / 0 == 1 && true | false || 1 / 0 == 1 | 1 / 0 == 1 || false | 3 && false | false && 3 | 3 || true | true || 3
true && 3 | 3 && true | false || 3 | 'a' && false | null || true | !(1 / 0 == 1) | !3 | !'a' | !null
true ? 1 : 2 | false ? 1 : 2 | true ? 1 : 1 / 0 | false ? 1 / 0 : 2 | true ? 'a' : 1 | 1 < 2 ? 'a' : 'b'
false ? 1 : false ? 2 : 3 | (true ? 1 : 2) + 1 | true ? 1 : 2 + 1 | 1 ? 2 : 3
1 / 0 == 1 ? 1 : 2 | true || false ? 1 : 2 | 1 == 1 ? [1] : [2] | !true ? 1 : 2 | null ? 1 : 2
1 in [1, 2] | 3 in [1, 2] | 'a' in ['a'] | 'b' in ['a'] | 1 in [] | true in [true] | null in [null] | [1] in [[1]]
1.5 in [1.5] | !(1 in [1]) | 1 in [1] && 2 in [2] | 1 + 1 in [2] | 'k' in m | 'z' in m | a in l | b in l | 5 in l
'fsdp' in names | 'fsdp2' in names | 1 in 1 | 'a' in 'abc' | 1 in null | (1 in [1]) == true | 2 in [1, 1 + 1]
'a' + 'b' | 'a' + '' | '' + '' | 'é' + '😀' | s + '!' | [1] + [2] | [] + [1] | [1] + [] | [1] + ['a'] | l + [4]
'a' + 1 | 1 + 'a' | [1] + 1 | 'a' - 'b' | 'a' * 2 | [1] * 2 | null + null | true + true | -'a' | -true | -null | -[1]
1 < 'a' | 'a' < 1 | null < 1 | [1] < [2] | true < 1 | null < null | true && null | -'1'
size('') | size('abc') | size([]) | size([1, 2]) | size([[], []]) | size(s) | size(l) | size(m) | size(names)
size(1) | size(null) | size(true) | size('a' + 'b') | size([1] + [2]) | size(l) == 3 | size(l) > 3 | size('\\n')
a | b | f | s | t | u | nothing | l | names | a + b | a * b | a - b | a / b | b / a | b % a | a == 3 | b < 0 | f > 2.0
t && u | t || u | !t | !u | t == u | t != u | t ? a : b | u ? a : b | nothing == null | nothing != null | s == 'Qwen2.5-7B'
a > 1 && a < 5 | a < 1 || a > 2 | !(a > 1) | a * a + b * b | (a + b) * (a - b) | a % 2 == 1 | l == [1, 2, 3]
a > 1 ? 'big' : 'small' | f * 2.0 | f / 2.0 | f - 0.5 == 2.0 | a == 3 && (b == 0 || f == 2.5) | t && (u || t)
'\n' | '\t' | '\r' | '\\' | '\'' | "\"" | "'" | '"' | '\a' | '\b' | '\f' | '\v' | '\?' | '\`' | '\x41' | '\X41'
'\u00e9' | '\U0001F600' | '\101' | '\377' | 'a\nb' | "tab\tend" | r'\d' | r"\n" | R'a' | r'' | r"it's" | '\\d'
'\d' | '\u12' | '\xg1' | '\9' | '\8' | '\ud800' | 'é' | "😀" | 'a\x20b' | '\u0041\u0042' | '\\\\'
1 == 1 && 2 == 2 || 3 == 4 | 1 + 2 == 3 && 4 - 1 == 3 | 2 * 3 > 5 == false | -2 * -3 | -2 + 3 | 2 - -3 * 2 | !(1 == 2)
((((1)))) | (((true))) && ((false)) | ((1 + 2)) * ((3)) | 1<2 | 1+2 | 1 <2&&2> 1 | !t||t | [ 1 , 2 ] | ( 1 )
007 | 00 | 1.0 | 1.50 | 100000000000000000000.0 | 0.000001 | 3.0e+2 | 4.9e-324 | 1.7976931348623157e308
"""

# Where the two disagree or both err: who is right (or what), why, and the expressions.
ERROR = {"error": "by the specification"}
TRUE, FALSE = {"bool": True}, {"bool": False}
DECIDED = [
    ("cel", "NaN equals nothing, itself included",
     ["0.0 / 0.0 == 0.0 / 0.0", "0.0 / 0.0 != 0.0 / 0.0", "0.0 / 0.0 in [0.0 / 0.0]", "[0.0 / 0.0] == [0.0 / 0.0]"]),
    (FALSE, "NaN is neither less nor more than anything", ["0.0 / 0.0 < 1.0", "0.0 / 0.0 >= 1.0", "1.0 <= 0.0 / 0.0"]),
    ("cel", "values of different types compare, an int and a double as numbers",
     ["1 == 1.0", "1.0 == 1", "1 != 1.5", "1 < 1.5", "2 > 1.5", "2 <= 1.5", "1.5 >= 1", "a < f", "1 == 'a'",
      "1 != 'a'", "null == 1", "1 == null", "'1' == 1", "true == 1", "[1] == 1", "[1] == [1.0]", "[1] == ['a']",
      "1 in [1.0]", "1.0 in [1]", "1 in ['a']", "'a' in [1, 'a']", "null in [1]", "a == 3.0", "nothing == 'a'",
      "9007199254740992 == 9007199254740992.0", "-9223372036854775808 == -9223372036854775808.0",
      "1 < 1.0 / 0.0", "-1 > -1.0 / 0.0", "s == null", "m == l", "t == null", "l == null"]),
    (FALSE, "an int and a double compare exactly",
     ["9007199254740993 == 9007199254740992.0", "9223372036854775807 == 9223372036854775807.0",
      "9007199254740993 in [9007199254740992.0]"]),
    (TRUE, "an int and a double compare exactly",
     ["9223372036854775807 < 9223372036854775808.0", "9007199254740993 > 9007199254740992.0"]),
    ("celpy", "size counts code points", ["size('é')", "size('😀é')", "size('naïve')"]),
    ("celpy", "matches is a standard function, which cel has as a method alone",
     ["matches('abc', 'b')", "matches('abc', '^b')", "matches('abc', '^abc$')", "matches('', '')",
      "matches(s, '7B$')", "matches(s, '(?i)qwen')", r"matches(s, r'^\w+2\.5-\d+B$')",
      r"matches(s, r'\d{2}')", "matches('aXb', '[A-Z]')", "matches('a', 'a|b') && !matches('c', 'a|b')",
      r"matches('é', r'^.$')", r"matches('a\nb', 'a.b')", "matches('aaa', '^a{3}$')", "matches(1, 'a')",
      "matches('a', '(')"]),
    ("cel", "a negative number by zero is negative infinity", ["-1.0 / 0.0"]),
    (ERROR, "the smallest int has no positive counterpart", ["-(-9223372036854775808)", "-9223372036854775808 % -1"]),
    ("cel", "a comma may end a list", ["[1, 2,] == [1, 2]"]),
    (ERROR, "logic needs booleans, and booleans are no numbers",
     ["true && 3", "3 && true", "false || 3", "true && null", "true + true", "-true", "true < 1"]),
    (ERROR, "there is no such overload", ["'a' in 'abc'", "size(null)"]),
    ("cel", "these are escapes", [r"'\?'", r"'\`'", r"'\X41'"]),
    ("cel", "these are no escapes", [r"'\d'", r"'\u12'", r"'\xg1'", r"'\9'", r"'\8'"]),
]

# Where conditions differ on purpose: the title in docs/conditions.md, what conditions make of it.
DIFFERENT = {
    "Ints and floats mix": {"1 + 1.5": 2.5, "1.5 - 1": 0.5, "2 * 1.5": 3.0, "1 / 4.0": 0.25, "a * f": 7.5,
                            "a / f": 1.2, "1.0 + 1": 2.0, "3 / 2.0": 1.5, "f + 9007199254740993": 9007199254740994.0},
    "Comparisons do not chain": dict.fromkeys(["1 == 1 == true", "1 < 2 == true", "1 in [1] == true",
                                               "true == false == false", "1 < 2 != false", "2 * 3 > 5 == false"]),
    "No methods": dict.fromkeys(["s.size()", "s.matches('7B')", "l.size() == 3"]),
    "No indexing, dicts, macros or conversions": dict.fromkeys(
        ["l[0]", "m['k']", "{'a': 1}", "has(m.k)", "l.exists(x, x > 1)", "int(f)", "1u", "0x10"]),
    "A choice between `?` and `:`": {"true ? false ? 1 : 2 : 3": 2},
}


def tagged(value):
    """Writes a value with its type."""
    if value is None:
        return {"null": None}
    if isinstance(value, (bool, celpy.celtypes.BoolType)):
        return {"bool": bool(value)}
    if isinstance(value, int):
        return {"int": int(value)}
    if isinstance(value, float):
        return {"double": repr(float(value))}
    if isinstance(value, str):
        value.encode()  # Half a surrogate pair is no text.
        return {"string": str(value)}
    if isinstance(value, list):
        return {"list": [tagged(item) for item in value]}
    if isinstance(value, dict):
        return {"map": [[tagged(key), tagged(item)] for key, item in value.items()]}
    raise TypeError(f"no plain value: {value!r}")


ENVIRONMENT = celpy.Environment()
PY_WORLD = {name: celpy.json_to_cel(value) for name, value in WORLD.items()}


def attempt(compute):
    """Computes; whatever an implementation raises is its way to give no value."""
    try:
        return tagged(compute())
    except Exception as error:  # noqa: BLE001
        return {"error": type(error).__name__}


def both(text):
    """What the two make of one expression."""
    python = attempt(lambda: ENVIRONMENT.program(ENVIRONMENT.compile(text)).evaluate(PY_WORLD))
    rust = attempt(lambda: cel.evaluate(text, dict(WORLD)))
    return {"text": text, "celpy": python, "cel": rust}


def table():
    """The record of the table above, without repetitions."""
    decided = {text: (right, why) for right, why, texts in DECIDED for text in texts}
    different = {text: (title, ours) for title, texts in DIFFERENT.items() for text, ours in texts.items()}
    # ` | ` parts expressions; conditions have no such operator.
    plain = [text.strip() for line in PLAIN.strip().splitlines() for text in line.split(" | ")]
    for text in dict.fromkeys([*plain, *decided, *different]):
        record = both(text)
        if text in different:
            title, ours = different[text]
            yield record | {"differs": title, "ours": ERROR if ours is None else tagged(ours)}
        elif text in decided:
            right, why = decided[text]
            yield record | {"right": record[right] if isinstance(right, str) else right, "why": why}
        elif agree(record):
            yield record
        else:
            sys.exit(f"nothing says who is right about {text}: {record}")


def agree(record):
    """Whether the two give the same value, or both none."""
    return record["celpy"] == record["cel"] or "error" in record["celpy"] and "error" in record["cel"]


class Random:
    """Random expressions, mostly well typed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def of(self, kind, depth):
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.15:
            return pick(self.LEAVES[kind])
        if self.random.random() < 0.03:
            kind = pick(["string", "bool", "list"])
        sub = lambda kind: self.of(kind, depth - 1)
        return pick(self.FORMS[kind])(self, sub)

    LEAVES = {
        "int": ["0", "1", "2", "7", "-3", "a", "b", "zero", "size(l)", "9223372036854775807", "-9223372036854775808"],
        "double": ["0.0", "1.5", "-2.25", "f", "1e3", "1.0"],
        "string": ["'a'", "''", "s", "'b\\u00e9'", "\"x\""],
        "bool": ["true", "false", "t", "u"],
        "list": ["l", "[]", "[1, 2]", "names", "['a']"],
    }

    def compared(self, sub):
        kind = self.random.choice(["int", "double", "string"])
        return f"({sub(kind)}) {self.random.choice(['<', '<=', '>', '>=', '==', '!='])} ({sub(kind)})"

    def chosen(kind):  # noqa: N805
        return lambda self, sub: f"({sub('bool')}) ? ({sub(kind)}) : ({sub(kind)})"

    def signed(kind, signs):  # noqa: N805
        return lambda self, sub: f"({sub(kind)}) {self.random.choice(signs)} ({sub(kind)})"

    FORMS = {
        "int": [signed("int", ["+", "-", "*", "/", "%"]), signed("int", ["+", "-", "*"]), chosen("int"),
                lambda self, sub: f"-({sub('int')})", lambda self, sub: f"size({sub('list')})"],
        # Not divided by anything: the two do not agree on how NaN and infinity compare.
        "double": [signed("double", ["+", "-", "*"]), lambda self, sub: f"({sub('double')}) / 2.5", chosen("double"), lambda self, sub: f"-({sub('double')})"],
        "string": [signed("string", ["+"]), chosen("string")],
        "list": [signed("list", ["+"]), chosen("list"), lambda self, sub: f"[{sub('int')}, {sub('int')}]",
                 lambda self, sub: f"[{sub('string')}]"],
        "bool": [compared, compared, signed("bool", ["&&", "||"]), signed("bool", ["&&", "||", "==", "!="]),
                 chosen("bool"), lambda self, sub: f"!({sub('bool')})",
                 lambda self, sub: f"({sub('int')}) in ({sub('list')})"],
    }


def main(task, file, *rest):
    if task == "random":
        seed, count = map(int, rest)
        source = Random(seed)
        kinds = list(Random.LEAVES)
        records = [both(source.of(kinds[at % len(kinds)], 4)) for at in range(count)]
    else:
        records = list(table())
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    if task == "check":
        with open(file, encoding="utf-8") as recorded:
            if recorded.read() != lines:
                sys.exit(f"{file} is not what the two say today; record it anew and read the difference")
        print(f"{len(records)} expressions are as recorded")
    else:
        with open(file, "w", encoding="utf-8") as out:
            out.write(lines)
        print(f"{len(records)} expressions recorded")


if __name__ == "__main__":
    main(*sys.argv[1:])
