#!/usr/bin/env python3
"""Makes override texts and sweep lists: from a grammar, out of loose tokens, deep, and mistyped.

usage: generate.py --seed N --count N [--lists]     texts (or lists) as JSON lines
       generate.py --record                         writes overrides.jsonl and sweeps.jsonl anew

Recording needs hydra-core 1.3.8; see oracle.py. The same seed gives the same texts.
"""
import argparse
import json
import random
import re
from pathlib import Path

# A rule is a list of templates; `<name>` stands for a rule, `name*3` weighs a template.
GRAMMAR = {
    "override": ["<sigil><key>=<value>*12", "<sigil><key>=<ws><value>", "~<key>", "<sigil><key>="],
    "sigil": ["*12", "+*3", "++*2", "~*3"],
    "key": ["<path>*6", "<group>*4", "<name>*4", "<path>@<path>", "<group>@<path>*2", "<group>@", "", "@<name>",
        "hydra.<path>", "hydra/<name>"],
    "path": ["<part>*2", "<part>.<part>*3", "<part>.<part>.<part>"],
    "part": ["<name>*8", "$<name>", "<name>$", "_", "$"],
    "group": ["<name>/<name>*4", "<name>/<name>/<name>", "<name>*2"],
    "name": ["lr*2", "seed", "opt", "model", "data*2", "batch_size", "warm-up", "trainer", "_target_", "Adam",
        "x1", "nullish", "tru", "infra", "nans", "e5", "E", "hydra", "True_"],
    "value": ["<element>*10", "<element><comma><element>*3", "<sweep>*5", "<element>,<sweep>",
        "<element>,<element>,<element>,<element>*2"],
    "element": ["<scalar>*9", "<list>*3", "<dict>*3", "<call>*2", "<text>*3"],
    "scalar": ["<int>*3", "<float>*4", "<word>*4", "<name>*3", "<quoted>*4", "<interp>*2"],
    "word": ["true", "false", "null", "nan", "inf", "-inf", "+nan", "TRUE", "False", "NULL", "nUlL", "Inf",
        "none", "yes", "off", "infinity", "-true", "+null", "nan-1", "null0", "true_"],
    "int": ["0*2", "1*2", "2", "3", "7", "10", "64", "128", "-1*2", "+4", "-0", "1_000", "00", "010", "1__0",
        "_1", "1_", "4096", "9223372036854775808", "-99999999999999999999999", "--2", "0x1f"],
    "float": ["0.5*2", ".5", "5.", "-.25", "1e3", "1E-6", "2.5e+10", "0.1*2", "1.", "-1.e2", "1e400", "-1e-400",
        "0.30000000000000004", "1e16", "123456789012345680.", "1e15", "1e-5", "1e-4", "5e-324",
        "1.7976931348623157e308", "1_0.0_1", "1e1_0", "01.5", "1.5.2", "1e", "1e+", ".", "-.", "+.e1", "1._5",
        "0_1.5", "2.2250738585072011e-308", "9007199254740993.0", "4.35e2"],
    "text": ["<piece><piece>*3", "<piece><piece><piece>*3", "<piece> <piece>*2", "<piece><ws><piece>",
        "<piece>:<piece>*2", "<piece>:<ws><piece>", "<path>/<path>", "a/b.txt", "C\\\\:\\ d", "s3://b/k",
        "<name>"],
    "piece": ["<name>*4", "<int>*3", "<float>*3", "<word>*2", "<interp>*2", "<escape>*4", "<mark>*4"],
    "mark": ["/", "-", "\\", "+", ".", "$", "%", "*", "@", "?", "|", "$$", "\\n", "\\'", "%s", "*.py"],
    "bad": ["#", "!", "&", "^", ";", "<lt>", ">", "`", "\"", "'", "~", "=", "é", "日本", "\u00a0", "\n", "\r",
        "\u0000", "\u007f", "\u2028", "🎈", "\ufeff", "\u000b", "\u001b[1m", "(", ")", "]", "{"],
    "lt": ["<"],
    "escape": ["\\\\", "\\(", "\\)", "\\[", "\\]", "\\{", "\\}", "\\:", "\\=", "\\,", "\\ ", "\\\t", "\\\\\\\\",
        "\\,\\ ", "\\#", "\\\\\\"],
    "interp": ["${<name>}*3", "${<path>}*2", "${.<name>}", "${..<name>.<int>}", "${oc.env:HOME}",
        "${oc.env:X,<quoted>}", "${oc.select:a.b,1}", "${now:%H:%M}", "${ }", "${a[0]}", "$<name>",
        "${f:[1,{b:2}]}", "${é}", "${a\n}"],
    "quoted": ["'<inner>'*5", "\"<inner>\"*5", "''", "\"\"", "'\\\\'", "\"a\\\\\"", "'\\\\\\''",
        "\"\\\\\\\\\\\"\""],
    "inner": ["<name>*3", "<inner><inner>*3", "<int>*2", "<float>", "<word>", " ", "a b", ",", "[1]", "{a:1}",
        "=", ":", "\\'", "\\\"", "\\\\", "\\n", "é", "日", "\n", "\t", "#", "${a}", "(x)", "\u0000", "\u200d",
        "🎈", "%", " 7 ", "0x1", "1e3"],
    "list": ["[]", "[<ws>]", "[<element>]*2", "[<element><comma><element>]*3", "[<int>,<int>,<int>]*2",
        "[<element>,<element>,<element>]", "[<ws><element><ws>]"],
    "dict": ["{}", "{<ws>}", "{<dkey>:<element>}*3", "{<dkey><colon><element><comma><dkey>:<element>}*3",
        "{<dkey>:<element>,<dkey>:<element>,<dkey>:<element>}"],
    "dkey": ["<name>*5", "<int>*3", "<float>*2", "<word>*2", "<name><mark>", "<name> <name>", "1", "1.0",
        "true", "0", "-0.0", "<escape>", "<path>"],
    "comma": [",*4", ", *2", " ,", " , ", "\t,\t"],
    "colon": [":*4", ": *2", " :", " : "],
    "ws": ["*3", " *2", "  ", "\t", " \t "],
    "eq": ["=*5", " =", "= ", " = "],
    "open": ["(*9", " (", "( ", "\t( "],
    "close": [")*9", " )", "  )"],
    "num": ["<small>*6"],
    "small": ["0*2", "1*2", "2", "3", "4", "5", "10", "-1", "-2", "-5", "0.1", "0.2", "0.25", "0.3", "0.5",
        "1.5", "2.5", "-0.5", "1e-1", "1.", ".7", "true", "false", "1_0", "0.0", "-0.0"],
    "sweep": ["<choice>*4", "<range>*5", "<interval>*2", "<tagged>*2", "<sorted>*4", "<shuffled>*2",
        "<globbed>*2", "<cast>*6"],
    "call": ["<sweep>*6"],
    "fname": ["int", "float", "str", "bool", "choice", "range", "interval", "tag", "sort", "shuffle", "glob"],
    "args": ["<element>*3", "<element><comma><element>*3", "<kw><eq><element>*2", "<element>,<kw>=<element>",
        "<kw>=<element>,<kw>=<element>", "<sweep>", ""],
    "kw": ["value", "start", "stop", "step", "end", "sweep", "list", "reverse", "include", "exclude", "args",
        "self", "x", "null"],
    "choice": ["choice(<element>,<element>)*4", "choice(<element>,<element>,<element>)*2", "choice(<element>)",
        "choice(<quoted>,<quoted>)", "choice<open><name><comma><name><close>"],
    "range": ["range(<num>)*2", "range(<num>,<num>)*4", "range(<num>,<num>,<num>)*5",
        "range(start=<num>,stop=<num>)", "range(<num>,stop=<num>,step=<num>)",
        "range(step=<num>,start=<num>,stop=<num>)", "range(<num>,null)", "range<open><num><comma><num><close>"],
    "interval": ["interval(<num>,<num>)*5", "interval(start=<num>,end=<num>)", "interval(<num>,end=<num>)"],
    "tagged": ["tag(<sweep>)", "tag(<name>,<sweep>)*3", "tag(<name>,<quoted>,<sweep>)*2",
        "tag(<name>,<name>,<name>,<choice>)", "tag(<name>,sweep=<sweep>)", "tag(<name>,tag(<name>,<sweep>))"],
    "numbers": ["<small>,<small>*2", "<small>,<small>,<small>*2", "<num>,<num>,<num>,<num>",
        "<small>,<numbers>*2"],
    "names": ["<name>,<name>", "<name>,<name>,<name>", "<quoted>,<name>", "<name>,<names>"],
    "same": ["<numbers>*3", "<names>*2", "<list>,<list>", "<scalar>"],
    "reverse": ["*4", ",reverse=true*3", ",reverse=false", ",reverse<eq>True"],
    "sorted": ["sort(<same><reverse>)*4", "sort([<same>]<reverse>)*4", "sort(<sweep><reverse>)*2",
        "sort(<range><reverse>)*3", "sort(<choice><reverse>)", "sort(list=[<same>]<reverse>)",
        "sort(sweep=<sweep><reverse>)", "sort(sweep=<sweep>,list=[<same>])", "sort([[<same>],[<same>]])",
        "sort(sweep=null,<same>)"],
    "shuffled": ["shuffle(<list>)*2", "shuffle(<sweep>)*3", "shuffle()", "shuffle(<element>)*2",
        "shuffle(list=<list>)", "shuffle(sweep=<sweep>)", "shuffle(list=<list>,sweep=<sweep>)",
        "shuffle(<element>,sweep=null)"],
    "globbed": ["glob(<pattern>)*3", "glob([<pattern>,<pattern>])*2", "glob(<pattern>,<pattern>)",
        "glob(include=<pattern>,exclude=[<pattern>])", "glob(<pattern>,exclude=<pattern>)", "glob([])",
        "glob(<pattern>,null)"],
    "pattern": ["*", "a*", "?b", "<name>*3", "'*'", "<quoted>", "\\[x\\]*", "**", "[<name>]", "a\\,b"],
    "cname": ["int*3", "float*3", "str*2", "bool*3"],
    "castable": ["<small>*3", "<float>*2", "<int>*2", "<word>*3", "'<int>'*2", "\"<float>\"*2", "' <int> '",
        "{<dkey>:<num>,<dkey>:'<float>'}", "<choice>", "<range>", "<interval>", "'١٢'", "'１_０'", "'+1'",
        "'1_0.5'", "'Infinity'", "'\\t3\\n'", "'３.５e２'", "choice([<num>],<num>)", "true", "[1,'2']",
        "choice(<small>,<small>)"],
    "cast": ["<cname>(<castable>)*8", "<cname>(<castable>,<castable>)*2", "<cname>(value=<castable>)*2",
        "<cname>(<cname>(<castable>))*2", "<cname><open><castable><close>"],
    "soup": ["<token>", "<token><soup>*4"],
    "token": ["<name>*2", "<int>", "<float>", "<word>", "<quoted>", "<interp>", "<escape>", "<mark>", "<ws>",
        "<bad>", "[", "]", "{", "}", "(", ")", ",", ":", "=", "<fname>("],
}
# Templates beyond the language, or nearly so: only careless texts take these too.
WRONG = {
    "override": ["<key>", "<sigil><key><ws>=<value>", "<sigil><key>=<value><ws>",
        "<sigil><key>=<value>=<value>", "<sigil><key>:<value>", "--<name>=<value>"],
    "sigil": ["+++", "~~", "~+", "-", "!"],
    "key": ["<group>@<path>:<path>", "<path>/<name>", "<group>.<name>", "/<group>", "<group>/", "<path>[<int>]",
        "<name> <name>"],
    "path": ["<part>.<int>", "<int>.<part>", "<part>..<part>", "<part>."],
    "part": ["<name>-<int>", "0", "1_0", "01", "-<name>"],
    "group": ["<name>/<int>", "$<name>/<name>"],
    "value": ["<soup>*3", "<element>,", ",<element>"],
    "text": ["<piece><quoted>", "<quoted><piece>", "<quoted><quoted>", "<quoted> "],
    "piece": ["<bad>"],
    "interp": ["${}", "${<name>", "${a.${b}}", "${${a}}", "{$a}"],
    "quoted": ["'<inner>", "<inner>\"", "'a\\'"],
    "inner": ["\\", "'", "\""],
    "list": ["[<element>,]", "[,]", "[<element>", "[<element> <element>]", "[<element>][<element>]"],
    "dict": ["{<dkey>:<element>,}", "{<dkey>}", "{<dkey>:}", "{<dkey>:<element>", "{<quoted>:<element>}",
        "{<dkey>=<element>}", "{,}"],
    "dkey": ["<interp>", "<list>", ""],
    "comma": [",,"],
    "colon": ["::"],
    "eq": ["=="],
    "open": ["(("],
    "close": ["))", ""],
    "num": ["<int>", "<float>", "<word>"],
    "call": ["<fname><open><args><close>*2", "<fname>()", "<fname>(<args>"],
    "fname": ["json_str", "extend_list", "foo", "Int", "true", "nan", "null", "a-b", "_f", "a.b", "1f", ""],
    "args": ["<kw>=<element>,<element>", "<element>,"],
    "choice": ["choice()", "choice(<sweep>)", "choice(<sweep>,<element>)", "choice(value=<element>)",
        "choice(null)"],
    "range": ["range(<num>,step=<num>)", "range(stop=<num>)", "range(<num>,start=<num>)", "range()",
        "range(<num>,<element>)", "range(<num>,<num>,<num>,<num>)"],
    "interval": ["interval(<num>)", "interval(<num>,<num>,<num>)", "interval(<element>,<num>)"],
    "tagged": ["tag(<name>)", "tag(<element>,<sweep>)", "tag(sweep=<sweep>)", "tag(<sweep>,<name>)",
        "tag(<name>,<element>)", "tag()", "tag(<name>,sweep=null)"],
    "same": ["<element>,<element>"],
    "reverse": [",reverse=1", ",reverse=null"],
    "sorted": ["sort(<element><reverse>)", "sort()", "sort(<same>,list=[<same>])"],
    "shuffled": ["shuffle(<element>,<element>)*2", "shuffle(null)"],
    "globbed": ["glob(<element>)", "glob([<element>])", "glob(exclude=<pattern>)"],
    "castable": ["<num>*3", "<quoted>*2", "'<word>'*2", "<list>*2", "<dict>*2", "[<num>,'<int>',<word>]",
        "<name>", "<sweep>*3", "''"],
    "cast": ["<cname>(<castable>,value=<castable>)", "<cname>()", "<cname>(<castable>,<sweep>)",
        "<cname>(value=null)"],
}
# What each rule falls back to where a text has grown deep enough.
ENDS = {"element": "scalar", "value": "scalar", "castable": "num", "sweep": "int", "soup": "token",
        "inner": "name", "numbers": "small", "names": "name", "args": "int", "same": "small", "call": "int"}
HOLE = re.compile(r"<([a-z]+)>")


def weighed(templates):
    out = []
    for template in templates:
        text, star, weight = template.rpartition("*")
        plain = not star or not weight.isdigit()
        out += [template] if plain else [text] * int(weight)
    return out


CAREFUL = {name: weighed(templates) for name, templates in GRAMMAR.items()}
CARELESS = {name: templates + weighed(WRONG.get(name, [])) for name, templates in CAREFUL.items()}


class Maker:
    """Texts from one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.rules = CAREFUL

    def make(self, rule, fuel=9):
        if fuel <= 0:
            rule = ENDS.get(rule, rule)
        template = self.random.choice(self.rules[rule])
        return HOLE.sub(lambda hole: self.make(hole[1], fuel - 1), template)

    def nest(self):
        """A value wrapped in many brackets, sometimes with one too many or too few."""
        text = self.make("scalar")
        for _ in range(self.random.randrange(2, 70)):
            wrap = self.random.choice(["[@]", "[@]", "{a:@}", "{b : @ , c:1}", "[1,@]", "[@,[]]", "{1:@,1.0:2}",
                                       "[ @ ]", "str(@)", "int([@])", "choice([@],1)", "float({x:@})"])
            text = wrap.replace("@", text)
        cut = self.random.randrange(10)
        text = text[:-1] if cut == 0 else text + "]" if cut == 1 else text
        return self.make("key") + "=" + text

    def long(self):
        chance, count = self.random, self.random.randrange(20, 200)
        joined = lambda rule, sign: sign.join(self.make(rule, 3) for _ in range(count))
        return chance.choice([
            lambda: "k=" + joined("scalar", ","), lambda: "k=[" + joined("element", ",") + "]",
            lambda: joined("part", ".") + "=1", lambda: joined("name", "/") + "@" + joined("part", ".") + "=x",
            lambda: "k=" + joined("piece", ""), lambda: "k='" + joined("inner", "") + "'",
            lambda: "k={" + ",".join(f"{self.make('dkey')}:{i}" for i in range(count)) + "}",
            lambda: "k=sort(" + joined("small", ",") + self.make("reverse") + ")",
            lambda: "k=" + "".join(chance.choice("0123456789_.e") for _ in range(count)),
            lambda: "k=" + chance.choice(["", "-", "int('"]) + "7" * chance.choice([4299, 4300, 4301, count]),
            lambda: "k=" + "\\" * count + self.make("token"),
            lambda: "k='" + "\\" * count + "'", lambda: "k=${" + "a" * count + self.make("token") + "}",
        ])()

    def strange(self):
        """Characters from anywhere in Unicode, bare, quoted, or in an interpolation."""
        chance = self.random
        ranges = [(0, 32), (32, 127), (127, 160), (160, 0x3000), (0x3000, 0xD800), (0xE000, 0x10000),
                  (0x10000, 0x110000)]
        text = "".join(chr(chance.randrange(*chance.choice(ranges))) for _ in range(chance.randrange(1, 12)))
        around = chance.choice(["k=@", "k='@'", 'k="@"', "k=${@}", "@", "@=1", "k=[@]", "k={@:1}", "k=int('@')",
                                "k=\\@", "k=float('@1@')", "k='@'@", "\ufeffk=@"])
        return around.replace("@", text)

    def mistype(self, text):
        """Changes a few characters, as fingers, editors and shells do."""
        chance = self.random
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            at = chance.randrange(len(text) + 1)
            end = min(len(text), at + chance.choice([1, 1, 2, 5]))
            part = text[at:end]
            text = text[:at] + chance.choice([
                lambda: "", lambda: part * 2, lambda: part[::-1], lambda: self.make("token") + part,
                lambda: part + self.make("bad"), lambda: part.swapcase(), lambda: "\\" + part,
                lambda: self.make("ws") + part, lambda: "'" + part + "'", lambda: chr(chance.randrange(32, 127)),
                lambda: chance.choice(",:=()[]{}'\"$\\") + part, lambda: self.make("element", 3),
            ])() + text[end:]
        return text

    def text(self):
        kind = self.random.random()
        self.rules = CAREFUL if self.random.random() < 0.7 else CARELESS
        text = (self.nest() if kind < 0.04 else self.long() if kind < 0.08 else
                self.strange() if kind < 0.12 else self.make("override"))
        text = self.mistype(text) if self.random.random() < 0.2 else text
        return text.encode("utf-8", "replace").decode()

    def list(self):
        """Overrides for one multirun; keys repeat often."""
        chance = self.random
        self.rules = CAREFUL if chance.random() < 0.9 else CARELESS
        keys = ["a", "b", "+a", "~a", "++b", "db", "db@x", "a.b", "hydra.sweep.dir", "~db"]
        rules = ["scalar"] * 4 + ["sweep"] * 4 + ["value"] * 3 + ["list", "dict", "text", "range", "range"]
        out = []
        for _ in range(chance.choice([0, 1, 1, 2, 2, 2, 3, 4])):
            rule = chance.choice(rules)
            out.append(f"{chance.choice(keys)}={self.make(rule, 4)}" if chance.random() < 0.95 else "~a")
        return out


# Texts that between them take every branch of Hydra's grammar and functions, written by hand.
CORNERS = r"""
|a|a=|a= |a=  x|a=x  | a=1|a =1|=1|@=|@=1|~|~@|+=1|++=1|+|++|~a|~a=|~a=1|~a@b|~a@b=1|+~a=1|a@=1|a@b=1|a@b:c=1
a@b@c=1|a@b/c=1|a.b@c=1|a/b@c.d=1|a/b.c=1|a.b/c=1|/a=1|a/=1|a//b=1|a/1=1|a/$b=1|$a/b=1|a..b=1|a.=1|.a=1|0=1|0.1=1
a.0=1|a.01=1|a.1_0=1|a.1__0=1|a.-1=1|a-=1|-a=1|_=1|$=1|a$=1|true=1|null=1|a[0]=1|a:b=1|hydra=1|hydra.a=1|hydra/a=1
~hydra.a|hydrax.a=1|é=1|a=é|a='é'|a=${é}|a=\é|a=0|a=-0|a=+0|a=00|a=01|a=1_0|a=1__0|a=_1|a=1_|a=-1|a=+1|a=--1|a=+-1
a=1.|a=.1|a=.|a=-.|a=1.0|a=01.0|a=1e3|a=1e|a=1e+|a=1E-3|a=.e1|a=1.e1|a=1_0.0_1e1_0|a=1._1|a=0x1|a=1.2.3|a=1e400
a=-1e400|a=1e-400|a=inf|a=-inf|a=+INF|a=infinity|a=nan|a=-NaN|a=nan-1|a=nan.|a=inf1|a=true|a=TrUe|a=trueish|a=true.
a=null|a=NULL|a=null1|a=null null|a=true,false|a=None|a=yes|a=1 2|a=a b|a=a\ b|a=a  b |a=a\tb|a=\ |a=\  |a=\\|a=\
a=\\\|a=\n|a=\,|a=\,,b|a=\[\]|a=\(\)|a=\{\}|a=\:|a=\=|a=a=b|a=a==b|a=a:b|a=:|a=: |a= :|a=a : b|a=::|a=a:|a=/|a=-|a=+
a=$|a=$a|a=$$|a=%|a=*|a=@|a=?|a=#|a=!|a=&|a=^|a=;|a=<|a=>|a=~|a=`|a="|a='|a=''|a=""|a='a'|a="a"|a='a"b'|a="a'b"
a='a'b|a=b'a'|a='a''b'|a='a' |a= 'a'|a='a\'b'|a='a\\'b'|a='a\\'|a='\\'|a='\'|a='\\\''|a='\\x'|a='\n'|a="\""|a="\'"
a='a|a="a|a=a'|a=${a}|a=${a|a=${}|a=${ }|a=${a}b|a=a${b}|a=${a}${b}|a=${a.${b}}|a=${${a}}|a='${a.${b}}'|a=${a,b}
a=${a}}|a={a:${b}}|a={a:${b.${c}}|a=[${a},${b}]|a=\${a}|a=$\{a}|a=$\{a\}|a=${a:'x'}|a=${oc.env:X,"y"}|a=${'}|a=${"}
a=[]|a=[ ]|a=[1]|a=[1 ]|a=[ 1]|a=[1,]|a=[,]|a=[,1]|a=[1,,2]|a=[1|a=1]|a=[1]]|a=[[1]|a=[1] |a= [1]|a=[1]b|a=[1][2]
a=[a b]|a=[a,b],c|a=[1],[2]|a=['a',"b"]|a=[[],[[]]]|a=[{}]|a=[a:b]|a=[a=b]|a=[(]|a=[]x|a={}|a={ }|a={a:1}|a={a:1,}
a={a}|a={a:}|a={:1}|a={a:1|a={a:1}}|a={a:1} |a={a:1}b|a={a:b:c}|a={a::b}|a={a :1}|a={ a: 1 }|a={a:1,a:2}|a={a b:1}
a={1:a,1.0:b,true:c}|a={0:a,-0.0:b,false:c}|a={null:1}|a={nan:1,nan:2}|a={1e400:1}|a={'a':1}|a={"a":1}|a={a:'b'}
a={${a}:1}|a={[1]:2}|a={a\:b:1}|a={a.b:1}|a={a/b-c:1}|a={-1:1}|a={a:1},{b:2}|a={a:{b:{c:1}}}|a={a:[1,{b:2}]}
a=1,2|a=1, 2|a=1 ,2|a=1,|a=,1|a=,|a=1,,2|a=a,'b',"c"|a=null,1|a=[1],2|a=a b,c d|a=int(1),2|a=choice(1),2|a=1,range(3)
a=(1)|a=()|a=foo()|a=foo(1)|a=foo (1)|a=foo( 1 )|a=int|a=int(|a=int(1|a=int 1)|a=int(1))|a=int(1) |a=int(1)2|a=int()
a=int(1)|a=int(1.9)|a=int(-1.9)|a=int(1e400)|a=int(nan)|a=int('1')|a=int(' 1 ')|a=int('1.5')|a=int(1.5.2)|a=int('')
a=int(a)|a=int(true)|a=int(null)|a=int('1_0')|a=int('1__0')|a=int('0x1')|a=int(1e30)|a=int([1,'2',3.5])|a=int({a:'1'})
a=int(1,2)|a=int(1,a)|a=int(choice(1.5,'2'))|a=int(range(0.5,3.5,1.5))|a=int(interval(0.5,2.5))|a=int(tag(x,range(2)))
a=int(value=1)|a=int(value=null)|a=int(1,value=1)|a=int(x=1)|a=int(glob(*))|a=int(int(1))|a=int([range(2)])
a=int(shuffle(1,2))|a=int(sort(2,1))|a=float(1)|a=float('1e3')|a=float('inf')|a=float('-Infinity')|a=float('1_0.5')
a=float('0x1')|a=float(null)|a=float(true)|a=float(range(2))|a=float(interval(1,2))|a=float([1,[2]])|a=float('nan')
a=str(1)|a=str(1.0)|a=str(true)|a=str(null)|a=str('a b')|a=str([1,null])|a=str([1,{a:2}])|a=str(range(2))|a=str(1,2)
a=str(choice(1,'2'))|a=str(interval(0,1))|a=str(1e16)|a=str({a:1.50})|a=bool(1)|a=bool(0)|a=bool(0.0)|a=bool(nan)
a=bool('true')|a=bool('FALSE')|a=bool('yes')|a=bool('')|a=bool(null)|a=bool([])|a=bool([0,'true'])|a=bool({a:0})
a=bool(range(2))|a=bool(interval(0,1))|a=bool(choice(0,1))|a=bool(glob(*))|a=choice()|a=choice(1)|a=choice(a)
a=choice(1,2)|a=choice('1',"2")|a=choice(null)|a=choice(1,null)|a=choice([null])|a=choice([],{})|a=choice(int(1,2))
a=choice(choice(1,2))|a=choice(choice(1),2)|a=choice(shuffle(1,2))|a=choice(range(2))|a=choice(glob(*))|a=choice(x=1)
a=choice(1,)|a=choice (1,2)|a=choice(1 , 2 )|+a=choice(1,2)|~a=choice(1,2)|a=range(3)|a=range(1,3)|a=range(1,3,1)
a=range(3,1)|a=range(3,1,-1)|a=range(0,1,0.1)|a=range(1.5,3,0.3)|a=range(0,3,1.)|a=range(1,2,0)|a=range(0.,1,0)
a=range(true)|a=range(a)|a=range('1')|a=range(null)|a=range(1,null)|a=range(null,1)|a=range(1,2,null)|a=range()
a=range(1,2,3,4)|a=range(start=1,stop=3)|a=range(stop=3)|a=range(1,start=2)|a=range(1,stop=3,step=2)|a=range(inf)
a=range(0,inf)|a=range(-inf,0)|a=range(0,-inf,-1.5)|a=range(nan)|a=range(0,1,nan)|a=range(0,1,inf)|a=range(inf,0)
a=range(inf,-inf,-inf)|a=range(-inf,inf,inf)|a=range(0,1e30,1e29)|a=range(1e-10,5e-10,1e-10)|a=range(-0.0,1)
a=range(0.1,0.9,0.2)|a=range(1_0,2_0,5)|a=range(2000)|a=range(0.5,2000)|a=interval(0,1)|a=interval(1,0)|a=interval(1)
a=interval(a,1)|a=interval(true,2)|a=interval(start=0,end=1)|a=interval(0,inf)|a=interval(null,1)|a=interval(0,1,2)
a=tag(choice(1,2))|a=tag(x,choice(1,2))|a=tag(y,x,y,choice(1,2))|a=tag('x y',range(2))|a=tag(x,interval(0,1))
a=tag(x,glob(*))|a=tag(1,range(2))|a=tag(x)|a=tag()|a=tag(range(2),x)|a=tag(range(2),range(2))|a=tag(x,int(1,2))
a=tag(x,tag(y,range(2)))|a=tag(x,sweep=range(2))|a=tag(sweep=range(2))|a=tag(x,y,sweep=null)|a=tag(x,[1,2])
a=sort(3,1,2)|a=sort(3,1,2,reverse=true)|a=sort([3,1,2])|a=sort([3,1],reverse=True)|a=sort(choice(3,1))|a=sort()
a=sort(b,a)|a=sort('b',a)|a=sort([b,'a'])|a=sort(a,1)|a=sort(2,true,0.5)|a=sort(1)|a=sort(a)|a=sort({a:1})|a=sort(null)
a=sort(1,null)|a=sort([1,null])|a=sort([[2],[1]])|a=sort([[1],[1,0]])|a=sort([{a:1},{b:1}])|a=sort([{}])|a=sort([])
a=sort(range(10,1))|a=sort(range(10,1,-2))|a=sort(range(0,5,2),reverse=true)|a=sort(range(0,5,-2))|a=sort(range(5))
a=sort(range(5,0.5,-1.5))|a=sort(interval(0,1))|a=sort(glob(*))|a=sort(3,1,reverse=1)|a=sort(list=[2,1])
a=sort(sweep=choice(2,1))|a=sort(list=[2,1],sweep=choice(4,3))|a=sort(5,list=[2,1])|a=sort(sweep=null,3,1)
a=sort(3,1,sweep=null)|a=sort(nan,1,0)|a=sort(1,nan,0,nan,-1)|a=sort([1,2],[0])|a=sort(tag(x,choice(2,1)))
a=shuffle(1,2)|a=shuffle([1,2])|a=shuffle(choice(1,2))|a=shuffle(range(3))|a=shuffle(1)|a=shuffle(a)|a=shuffle()
a=shuffle({a:1})|a=shuffle(null)|a=shuffle(1,null)|a=shuffle(interval(0,1))|a=shuffle(glob(*))|a=shuffle(list=[1])
a=shuffle(sweep=choice(1,2))|a=shuffle([1],[2])|a=shuffle(tag(x,range(2)))|a=shuffle(range(0,1,0.5))|a=glob(*)
a=glob(a*)|a=glob([a,b])|a=glob([])|a=glob(*,a)|a=glob(*,[a,b])|a=glob(*,exclude=a)|a=glob(exclude=a)|a=glob(*,null)
a=glob([${ }])|a=glob('${')|a=glob(${a.b})|a=glob(*,${a..b})|a=glob('${f:x\n}')|a=glob('${:x}')|a=glob('\${ }')
a=glob(null)|a=glob(1)|a=glob([1,a])|a=glob([1.0,true])|a=glob([null])|a=glob([[a]])|a=glob('*')|a=glob(['*'])|a=glob()
a=[choice(1,2)]|a={a:range(2)}|a=[glob(*)]|a=[int('1')]|a=int([choice(1.5,2)])|a=json_str({a:1})|a=extend_list(1,2)
a=true(1)|a=nan(1)|a=inf(1)|a=null(1)|a=truer(1)|a=int(true=1)|a=range(1,stop=null)|a=int(value=1,value=2)|a=f.g(1)
""".strip("\n")
SEPARATOR = re.compile(r"[|\n]")
ODD = ["a=x|y", "a=|", "a=1\n", "a=1\r", "\na=1", "a=\n", "a='\n'", "a=${\n}", "a=\x00", "a='\x00'", "\x00", "a\x00=1",
       "\ufeffa=1", "a=\ufeff1", "a='\ufeff'", "a=1\x1a", "a=\x7f", "a=\u00a01", "a=\u20281", "a='\u2028'", "a=\t1\t",
       "a=[1\n]", "a=日本", "a='日本'", "a=['é',é]", "a=int('١٢')", "a=int('１')", "a=float('３.５')",
       "a=int('\u00a07\u2003')", "a=int('\x1c7\x1f')", "a=float('\u30007')", "a=int('\u180e1')", "a=int('²')",
       "a=" + "7" * 4300, "a=" + "7" * 4301, "a=-" + "7" * 4301, "a=int('" + "7" * 4301 + "')", "a=" + "1" * 4301 + "."]


def corners():
    return SEPARATOR.split(CORNERS) + ODD


def recorded_texts(seed, count):
    """The corners, then texts of which no more than a few look alike."""
    import oracle
    maker, seen, shapes, out = Maker(seed), set(), {}, []
    for text in corners():
        if text not in seen:
            seen.add(text)
            out.append(oracle.answer(text))
    while len(out) < count:
        text = maker.text()
        if text in seen or len(text) > 400:
            continue
        seen.add(text)
        record = oracle.answer(text)
        if record is None or len(json.dumps(record)) > 4000 or depth(record) > 60:
            continue
        shape = record["ok"], re.sub(r"\w+", "w", text)[:24]
        shapes[shape] = shapes.get(shape, 0) + 1
        if shapes[shape] <= 2:
            out.append(record)
    return out


def depth(value):
    """JSON readers commonly stop at 128 levels."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0)


def recorded_lists(seed, count):
    import oracle
    maker, out = Maker(seed), []
    fixed = [[], ["a=1,2", "b=x", "a=3"], ["a=1,2", "++a=9"], ["+a=1", "~a", "+a=2"], ["a=range(3,1)", "b=1,2"],
             ["a=str(1,2)"], ["a=choice('x#y',z)"], ['a=${oc.env:X,"y"}', "b=1,2"], ["a=interval(0,1)"], ["a=[choice(1,2)]"],
             ["a=glob(*)"], ["a=range(1,2,0)"], ["a=range(0,1,0.25)", "b='x y',z"], ["a=x", "b=y"], ["a=null,'null'"]]
    while len(out) < count:
        args = fixed.pop(0) if fixed else maker.list()
        record = oracle.answer_jobs(args)
        refused = sum(not it["ok"] for it in out)
        if record is None or len(json.dumps(record)) > 3000 or not record["ok"] and refused * 3 > count:
            continue
        out.append(record)
    return out


def write(name, records):
    text = "".join(json.dumps(record, ensure_ascii=True) + "\n" for record in records)
    Path(__file__).with_name(name).write_text(text)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--lists", action="store_true")
    options.add_argument("--record", action="store_true")
    asked = options.parse_args()
    if asked.record:
        write("overrides.jsonl", recorded_texts(asked.seed, 2000))
        write("sweeps.jsonl", recorded_lists(asked.seed, 150))
        return
    maker = Maker(asked.seed)
    for _ in range(asked.count):
        print(json.dumps({"args": maker.list()} if asked.lists else maker.text()))


if __name__ == "__main__":
    main()
