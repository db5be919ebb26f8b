//! What bash passes, against what is read: the same scripts, under real bash and by reading.

use hydrule::surface::bash::{self, Outside};
use hydrule::text::Source;

use crate::support::{Workspace, snapshot};

/// Scripts in which everything can be told.
const TOLD: &[(&str, &str)] = &[
    ("literal", "python3 -m app a.b=1 c.d='x y' \"e.f=$((1 + 2 * 3))\" g.h=a\\ b\n"),
    (
        "variables",
        "A=1\nB=$A$A\nexport C=${B:-9} D=${NOWHERE:-\"a b\"}\npython3 -m app a.a=$A a.b=${B} a.c=\"$C\" a.d=\"$D\"\n",
    ),
    ("splitting", "O=\"a.x=1 a.y=2\"\nE=\npython3 -m app $O $E \"a.z=$E\"\n"),
    (
        "arrays",
        "A=(a.x=1 'a.y=2 3'\n  a.z=4 # why\n)\nA+=(a.w=5)\npython3 -m app \"${A[@]}\" ${A[1]} b.n=${#A[@]}\n",
    ),
    ("default", ": \"${N:=4}\"\npython3 -m app a.n=$N a.m=${M-5} a.k=${N:+6} a.l=${M:+7}\n"),
    (
        "decided",
        "X=a\nif [ \"$X\" = a ]; then Y=1; else Y=2; fi\ncase $X in b) Z=1;; a) Z=2;; esac\n[[ $X == a ]] && W=3\npython3 -m app a.y=$Y a.z=$Z a.w=$W\n",
    ),
    ("function", "go() { local n=$1; shift; python3 -m app a.n=$n \"$@\"; }\ngo 3 b.c=4\n"),
    ("set", "set -- a.b=1 'a.c=2 3'\npython3 -m app \"$@\" a.n=$#\n"),
    ("comment", "python3 -m app a.b=1 \\\n  # a.c=2 \\\n  a.d=3\n"),
    ("tilde", "python3 -m app ~a.b a.c=~\n"),
    (
        "deep",
        "A=2\nB=$((A * 4))\nC=$(( (B + A) / 3 ))\npython3 -m app a.b=$B a.c=$C a.d=\"$((C % 2))x\"\n",
    ),
    (
        "quotes",
        "python3 -m app \"a.b='x'\" a.c=['p','q'] a.d='[\"p\"]' a.e=\"\\$x\" 'a.f=a'\\''b'\n",
    ),
    ("joined", "python3 -m app a.b=1 a.\\\nc=2 2>&1 | cat\n"),
    ("subshell", "A=1\n(A=2; python3 -m app a.x=$A)\npython3 -m app a.x=$A\n"),
    ("once", "for i in 3; do python3 -m app a.i=$i; done\n"),
    ("windows", "python3 -m app a.b=1 \\\n  a.c=2\n"),
    (
        "braces",
        "N=4\npython3 -m app a.{b,c}=1 a.{d,e{1,2}}=$N\"{a,b}\" a.f={x} a.g={1..$N} {}a.h=1 a.i={08..10} 'a.{b,c}=2' a.j=\\{1,2\\} a.k={a}b,c} ${N}{,=5}\n",
    ),
    (
        "cut",
        "S='forget10 retain90'\nA=$(echo $S | cut -d' ' -f1)\nB=$(echo \"$S\" | cut -d ' ' -f 2)\n\
         C=$(echo \"a/b/c\" | tr '/' '_' | tr a-c x-z)\nD=$(printf '%s-%02d' \"$A\" 7)\nE=$(cut -d, -f2- <<< \"1,2,3\")\n\
         F=$(echo Qwen2.5-VL | sed 's/\\./_/g;' 2> /dev/null || echo none)\nG=$(echo 'a.b' | sed 's|\\.|,|')\nH=$(echo \" a  b \" | xargs)\n\
         I=$(echo \"x y z\" | awk '{print $NF}')$(echo 'x:y' | awk -F: '{ print $2 }')\nJ=$(tr '[:upper:]' '[:lower:]' <<< QwEn)\nK=$(echo \"\" x -n)\nL=$(echo -n a; )\n\
         python3 -m app a.a=$A a.b=$B a.c=$C a.d=$D a.e=$E a.g=$G \"a.h=$H\" a.i=$I a.j=$J \"a.k=$K\" a.l=$L\n",
    ),
    (
        "read",
        "IFS=, read -ra A <<< \"a.b=1,a.c=x y,,a.d=2,\"\nread -r X Y <<< \"  1   2 3  \"\nIFS=: read -r P Q R <<< \"1:2:3:\"\n\
         IFS=: read -r S T <<< \"1:2:3:\"\nIFS= read -r U <<< '  u '\nread -r V W <<< v\nmapfile -t M <<< $'m.a=1\\nm.b=2'\nread -ra B <<< \"b.a=$X b.b=2\"\n\
         printf -v Z '%03d' 7\npython3 -m app \"${A[@]}\" \"a.y=$X,$Y\" a.p=$P$Q$R a.s=$S,$T \"a.u=$U\" \"a.v=$V,$W\" \"${M[@]}\" \"${B[@]}\" a.z=$Z \"a.t\"=$\"x $Z\"\n",
    ),
    (
        "expressions",
        "N=12\n[[ $N =~ ^[0-9]+$ ]] && A=1\nif [[ \"a.b\" =~ ^a\\.b$ ]]; then B=1; else B=2; fi\n\
         R='^(x|y){2}$'\nif [[ xy =~ $R ]]; then D=1; else D=2; fi\npython3 -m app a.a=$A a.b=$B a.d=$D\n",
    ),
    ("prefixed", "A=(b=1 c=2)\npython3 -m app \"${A[@]/#/a.}\" \"${A[@]/%/0}\"\n"),
    ("all", "A=(a.b=1 a.c=2)\npython3 -m app \"x.y=${A[*]}\" \"p${A[@]}q\"\n"),
];

#[test]
fn bash_passes_what_is_read() {
    for (name, script) in TOLD {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let passed = workspace.launches("run.sh", &[]);
        let read = bash::read(&Source::new("run.sh", *script), &Outside::default()).unwrap();
        let told: Vec<Vec<String>> = read
            .launches
            .iter()
            .map(|launch| {
                let arguments = launch.arguments.iter();
                arguments
                    .map(|it| it.text.known().unwrap_or_else(|| panic!("{name}: {:?}", it.text)))
                    .collect()
            })
            .collect();
        let passed: Vec<Vec<String>> =
            passed.into_iter().map(|words| words[2..].to_vec()).collect();
        assert_eq!(told, passed, "{name}");
    }
}

/// Scripts in which something cannot be told, with a change that is wanted.
const CHANGED: &[(&str, &str, &str)] = &[
    ("shared", "N=4\npython3 -m app a.x=$N a.y=$N \"$@\"\n", "a.x=5"),
    (
        "computed",
        "N=4\npython3 -m app \\\n    a.x=$((N * 2)) \\\n    \"$@\" 2>&1 | tee log\n",
        "a.x=5",
    ),
    ("branch", "if [ -n \"$GPU\" ]; then N=4; else N=2; fi\npython3 -m app a.x=$N\n", "a.x=5"),
    ("loop", "for n in 1 2; do\n  python3 -m app a.x=$n\ndone\n", "a.x=5"),
    ("no-forwards", "python3 -m app \\\n\ta.b=1 \\\n\ta.c=2\n", "a.x=5"),
    ("array", "A=(\n  a.x=1\n  a.y=2\n)\n\"${RUN[@]}\" -m app \"${A[@]}\" \"$@\"\n", "a.x=[1,2]"),
    ("crlf", "python3 -m app \\\r\n  a.x=1 \\\r\n  a.y=2\r\n", "a.x=5"),
    ("default", "N=${N:-4}\npython3 -m app a.x=\"$N\"", "a.x=5"),
    ("quoted", "python3 -m app \"a.x=1\" a.y='2'\n", "a.x='$(touch x)'"),
    ("plus", "N=4\npython3 -m app +a.x=$N a.y=$N\n", "+a.x=5"),
];

#[test]
fn changes_go_where_values_live() {
    let mut shown = String::new();
    for (name, script, wanted) in CHANGED {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let output = workspace.hydrule("set run.sh").arg(wanted).run();
        shown.push_str(&format!("# {name}: {wanted}\n{}\n", output.shown()));
    }
    snapshot("scripts", "changes", &shown);
}

#[test]
fn a_change_is_what_bash_passes_afterwards() {
    for (name, script, wanted) in CHANGED {
        let workspace = Workspace::new();
        let script = script.replace("\"${RUN[@]}\"", "python3");
        workspace.write("run.sh", &script);
        let before = workspace.launches("run.sh", &["z.z=1"]);
        let written = workspace.hydrule("set run.sh --write").arg(wanted).run();
        if written.code != 0 {
            assert_eq!(workspace.read("run.sh"), script, "{name}: refused, so nothing is written");
            continue;
        }
        let after = workspace.launches("run.sh", &["z.z=1"]);
        for (old, new) in before.iter().zip(&after) {
            let wins = |words: &[String], key: &str| {
                let key = key.trim_start_matches('+').to_owned();
                words
                    .iter()
                    .rev()
                    .find(|word| word.trim_start_matches('+').starts_with(&key))
                    .cloned()
            };
            let key = &wanted[..=wanted.find('=').unwrap()];
            let now = wins(new, key).unwrap();
            assert_eq!(
                now.trim_start_matches('+').trim_end_matches('\r'),
                wanted.trim_start_matches('+'),
                "{name}"
            );
            let others = |words: &[String]| -> Vec<String> {
                let key = key.trim_start_matches('+');
                words
                    .iter()
                    .filter(|word| !word.trim_start_matches('+').starts_with(key))
                    .cloned()
                    .collect()
            };
            assert_eq!(others(old), others(new), "{name}");
        }
        assert!(!workspace.path().join("x").exists(), "{name}: the value was run");
    }
}

/// Every way to start a program, with the arguments that the script gets.
const STARTS: &[(&str, &str, &[&str])] = &[
    ("module", "python3 -u -m app --config-name=ppo -m a.b=1,2 c.d=3\n", &[]),
    ("file", "HYDRA_FULL_ERROR=1 python train.py --config-name ppo a.b=1\n", &[]),
    ("torchrun", "torchrun --nproc_per_node=8 --nnodes 2 -m app a.b=1 --cfg job\n", &[]),
    ("accelerate", "accelerate launch --num_processes 8 train.py a.b=1\n", &[]),
    ("deepspeed", "deepspeed --hostfile=hosts train.py --deepspeed a.b=1\n", &[]),
    ("coverage", "coverage run -a --source=app train.py a.b=1\n", &[]),
    ("uv", "uv run --isolated --extra vllm -m app.main a.b=1 'c.d=[1, 2]'\n", &[]),
    ("uv-file", "uv run examples/train.py --config base.yaml a.b=1 ++c.d=2\n", &[]),
    ("srun", "srun -N 2 --gres=gpu:8 python3 -m app a.b=1\n", &[]),
    ("ray", "ray job submit --address=http://h:1 --no-wait -- python3 -m app a.b=1\n", &[]),
    ("docker", "docker run --rm -e X=1 image python3 -m app a.b=1\n", &[]),
    ("tune", "tune run --nnodes 1 grpo --config llama/8B batch_size=4 epochs=1\n", &[]),
    ("nohup", "nohup time -p timeout 5 env A=1 python3 -m app a.b=1 > log 2>&1\n", &[]),
    ("exec", "exec python3 -m app a.b=1 \"$@\"\n", &["c.d=e f", "--multirun"]),
    ("array", "RUN=(python3 -u)\nA=(a.b=1)\n\"${RUN[@]}\" -m app \"${A[@]}\" $1\n", &["c.d=1"]),
    ("other", "srun -n 4 trainer --config-dir conf --config-name x task.data=/d\n", &[]),
    ("flags", "python3 -m app --local_rank 0 a.b=1 --fast c.d=2 ~e.f\n", &[]),
    (
        "arguments",
        "N=$1\nshift\npython3 -m app a.n=$N a.m=${2:-5} a.k=$# \"$@\"\n",
        &["8", "c.d=1"],
    ),
    (
        "inner",
        "export A=1\nB=2\nnohup bash -ec 'cd / && python3 -m app a.b=$A c.d=${B:-3} \"$1\"' me e.f=4\n",
        &[],
    ),
    (
        "inner-made",
        "B=2\nC='x y'\nsh -c \"python3 -m app a.b=$B 'c.d=$C' e.f=1 \\\n  g.h=2\"\n",
        &[],
    ),
    (
        "loops",
        "for a in 1 2; do\n  for b in x y; do\n    python3 -m app a.b=$a c.d=$b-$a\n  done\n  python3 -m last n.m=$a\ndone\n\
         for ((i = 0; i < 2; i++)); do python3 -m app i.j=$i; done\nwhile [ ${n:=0} -lt 2 ]; do python3 -m w n.n=$n; n=$((n + 1)); done\n",
        &[],
    ),
    ("braces", "for i in {1..2} {a,b}x; do python3 -m app a.i=$i; done\n", &[]),
    ("end", "python3 -m app a.b=1 \\\n  c.d=2 \\", &[]),
];

/// The words that `show` tells of each launch.
fn shown_words(output: &str) -> Vec<Vec<String>> {
    let json: serde_json::Value = serde_json::from_str(output).unwrap();
    let text = |word: &serde_json::Value| {
        word["text"].as_str().unwrap_or_else(|| panic!("{word} is not known")).to_owned()
    };
    let launches = json["files"][0]["launches"].as_array().unwrap().iter();
    let words = |launch: &serde_json::Value| {
        let list =
            |name: &str| launch[name].as_array().unwrap().iter().map(text).collect::<Vec<_>>();
        let program = launch["program"].as_str().unwrap().to_owned();
        [list("launcher"), vec![program], list("arguments")].concat()
    };
    launches.map(words).collect()
}

#[test]
fn every_word_is_shown_as_bash_passes_it() {
    for (name, script, arguments) in STARTS {
        let workspace = Workspace::new();
        workspace.write("run.sh", script);
        let passed = workspace.launches("run.sh", arguments);
        let show = workspace.hydrule("show run.sh --output-format json --args");
        let told = arguments.iter().map(|it| format!("--args={it}"));
        let told = shown_words(&show.args(told).run().out);
        assert_eq!(told.len(), passed.len(), "{name}: {told:?}");
        for (told, passed) in told.iter().zip(&passed) {
            assert!(told.ends_with(passed), "{name}: {told:?} {passed:?}");
            assert!(told.len() <= passed.len() + 8, "{name}: {told:?} {passed:?}");
        }
    }
}

/// A file beside the script is taken in, from wherever the script is started.
#[test]
fn what_a_script_takes_in_is_read() {
    let workspace = Workspace::new();
    let common = "BATCH=${BATCH:-8}\nDATA=(data.batch=$BATCH\n  data.x=1)\n\
                  go() { python3 -m \"$@\" \"${DATA[@]}\"; }\nreturn\nDATA=()\n";
    let script = "HERE=$(cd -- \"$(dirname -- \"${BASH_SOURCE[0]}\")\" &> /dev/null && pwd)\n\
                  source \"$HERE/common.env\"\ngo app a.here=$HERE/x\n\
                  . ${0%/*}/../parts/common.env\npython3 -m app a.n=$(basename \"$0\" .sh) b.c=$BATCH\n";
    std::fs::create_dir(workspace.path().join("parts")).unwrap();
    workspace.write("parts/common.env", common).write("parts/run.sh", script);
    let passed = workspace.launches("parts/run.sh", &[]);
    let folder = workspace.path().canonicalize().unwrap();
    let show = workspace.hydrule("show parts/run.sh --output-format json");
    let shown = show.arg(format!("--env=PWD={}", folder.display())).run().out;
    let passed: Vec<Vec<String>> = passed.into_iter().map(|it| it[1..].to_vec()).collect();
    let told: Vec<Vec<String>> =
        shown_words(&shown).into_iter().map(|it| it[2..].to_vec()).collect();
    assert_eq!(told, passed);

    // Without PWD nothing tells the folder, but the file is found all the same.
    let shown = workspace.hydrule("show parts/run.sh").run().shown();
    let changed = workspace.hydrule("set parts/run.sh --launch 2 b.c=9").run().shown();
    let there = workspace.hydrule("set parts/run.sh --launch 1 data.x=9").run().shown();
    snapshot("scripts", "taken-in", &format!("{shown}\n{changed}\n{there}"));
}

/// The places of a value lie in the file that it is written in.
#[test]
fn places_tell_the_file() {
    let workspace = Workspace::new();
    workspace
        .write("common.env", "\n\nN=4\n")
        .write("run.sh", "source common.env\npython3 -m app a.n=$N\n");
    let shown = workspace.hydrule("show run.sh --output-format json").run().out;
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let found = &json["files"][0]["launches"][0]["overrides"][0];
    assert_eq!(found["origin"], "variable");
    assert_eq!(found["location"]["file"], "common.env");
    assert_eq!(found["location"]["span"], serde_json::json!({ "start": 4, "end": 5 }));
    let step = &found["pieces"][1]["via"][0];
    assert_eq!((&step["used"]["file"], &step["used"]["line"]), (&"run.sh".into(), &2.into()));
    assert_eq!(
        (&step["assigned"][0]["file"], &step["assigned"][0]["line"]),
        (&"common.env".into(), &3.into())
    );
}

/// Texts that nest: what stands around all, what is repeated, the middle, and what closes it.
const NESTS: &[(&str, &str, &str, &str, &str)] = &[
    ("substitution", "x=@", "$(", "echo a", ")"),
    ("quoted substitution", "x=@", "\"$(", "echo a", ")\""),
    ("arguments of substitutions", "x=@", "$(echo ", "a", ")"),
    ("default", "x=@", "${a:-", "b", "}"),
    ("quoted default", "x=@", "\"${a:-", "b", "}\""),
    ("subscript", "x=@", "${a[", "1", "]}"),
    ("arithmetic", "x=@", "$((", "1", "))"),
    ("parentheses in arithmetic", "x=$((@))", "( ", "1", " )"),
    ("negation in arithmetic", "x=$((@))", "! ", "1", ""),
    ("braces", "echo @", "{a,", "b", "}"),
    ("files of commands", "cat @", "<( cat ", "a", " )"),
    ("subshell", "@", "( ", "echo a", " )"),
    ("group", "@", "{ ", "echo a", "; }"),
    ("if", "@", "if true; then\n", "echo a", "\nfi"),
    ("until", "@", "until true; do\n", "echo a", "\ndone"),
    ("for", "@", "for i in 1; do\n", "echo a", "\ndone"),
    ("case", "@", "case a in a)\n", "echo a", "\n;; esac"),
    ("function", "@", "f() {\n", "echo a", "\n}"),
    ("test", "[[ @ ]]", "( ", "a", " )"),
    ("negated test", "[[ @ ]]", "! ", "a", ""),
    ("negation", "@", "! ", "true", ""),
    ("coprocess", "@", "coproc ", "true", ""),
];

/// Of these the parser reads again what it could not read, and so twice as often for each level.
const READ_AGAIN: [&str; 4] = ["files of commands", "subshell", "case", "test"];

#[test]
fn what_nests_too_deep_is_refused_and_nothing_else() {
    for (name, around, open, middle, close) in NESTS {
        let fits = if READ_AGAIN.contains(name) { 9 } else { 45 };
        for depth in [3, fits, 20_000] {
            let nest = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
            let script = format!("{}\npython3 -m app a.b=1\n", around.replace('@', &nest));
            match bash::read(&Source::new("run.sh", script), &Outside::default()) {
                Ok(script) => assert_eq!(script.launches.len(), 1, "{name}, {depth}"),
                Err(faults) => {
                    assert!(depth > fits, "{name}, {depth}: {faults}");
                    assert!(faults.to_string().contains("nests too deep"), "{name}: {faults}");
                }
            }
        }
    }
}

#[test]
fn what_is_not_closed_is_refused_soon() {
    for open in ["(", "((", "( ", "( ( ", "case a in a) ", "( case a in a) (", "for ((", "[[ ("] {
        for (depth, close) in [(4, ""), (30, ""), (30, ";; x"), (30, " ) ) )"), (9, "; ) ; fi")] {
            let script = format!("{}x{close}\npython3 -m app a.b=1\n", open.repeat(depth));
            assert!(bash::read(&Source::new("run.sh", script), &Outside::default()).is_err());
        }
    }
}

#[test]
fn subscripts_that_nest_in_an_expression_end_soon() {
    for open in ["a[", "${a[", "$((a[", "(( a[", "[["] {
        for close in ["", "]", "]=2", "]}", "]))"] {
            let nest = format!("{}1{}", open.repeat(12), close.repeat(12));
            let script = format!("{nest}\nx={nest}\npython3 -m app a.b={nest}\n");
            let _ = bash::read(&Source::new("run.sh", script), &Outside::default());
        }
    }
}

/// Texts at which the parser panics, or takes memory without end.
#[test]
fn here_documents_without_end_are_refused() {
    for (script, reads) in [
        ("cat <<\"\"\t", true),
        ("cat <<'' x", true),
        ("cat <<\"\"", true),
        ("cat <<E ${N:-\n}\nE\n", false),
        ("${a:-<<EOF\n}\nEOF\n", false),
    ] {
        let read = bash::read(&Source::new("run.sh", script), &Outside::default());
        assert_eq!(read.is_ok(), reads, "{script:?}: {:?}", read.err());
    }
}

#[test]
fn numbers_that_no_machine_has_are_text() {
    let huge = "99999999999999999999";
    let words = [
        format!("a.b=~{huge}"),
        format!("~+{huge}"),
        format!("~-{huge}/d"),
        format!("a.b={{1..{huge}}}"),
        format!("${{{huge}}}"),
        format!("{huge}<x"),
        format!("{huge}>&2"),
    ];
    for word in words {
        let script = format!("echo {huge}>note\npython3 -m app a.c=1 {word}\n");
        let read = bash::read(&Source::new("run.sh", script), &Outside::default()).unwrap();
        assert_eq!(read.launches.len(), 1, "{word}");
    }
}

#[test]
fn operators_without_end_make_no_tree_without_end() {
    for operators in ["! ", "- ", "1 + ", "1 ? 2 : ", "a = ", "2 ** "] {
        let script = format!("x=$(( {}1 ))\npython3 -m app a.b=$x\n", operators.repeat(20_000));
        let read = bash::read(&Source::new("run.sh", script), &Outside::default());
        assert_eq!(read.map(|it| it.launches.len()).ok(), Some(1), "{operators}");
    }
}

#[test]
fn what_is_told_of_many_appends_grows_with_their_number() {
    let told = |appends: usize| {
        let workspace = Workspace::new();
        let lines: String = (0..appends).map(|at| format!("ARGS+=(data.k{at}={at})\n")).collect();
        workspace.write("run.sh", format!("{lines}python3 -m train.main \"${{ARGS[@]}}\"\n"));
        workspace.hydrule("show run.sh --output-format json").run().out
    };
    let json: serde_json::Value = serde_json::from_str(&told(25)).unwrap();
    let through = &json["files"][0]["launches"][0]["overrides"][24]["through"];
    assert_eq!(through["assigned"].as_array().unwrap().len(), 20);
    assert_eq!(through["more_assigned"], 5);
    assert!(told(2_000).len() < 11 * told(200).len());
}

#[test]
fn what_is_told_of_many_variables_grows_with_their_number() {
    let told = |variables: usize, form: &str| {
        let workspace = Workspace::new();
        let lines = (1..variables).map(|at| format!("A{at}=$A{}\n", at - 1));
        let passed: String = (0..variables).map(|at| format!(" data.k{at}=$A{at}")).collect();
        let lines: String = lines.collect();
        workspace.write("run.sh", format!("A0=1\n{lines}python3 -m train.main{passed}\n"));
        workspace.hydrule(&format!("show run.sh {form}")).run().out
    };
    let json: serde_json::Value = serde_json::from_str(&told(25, "--output-format json")).unwrap();
    let last = &json["files"][0]["launches"][0]["overrides"][24];
    assert_eq!(
        (last["variables"].as_array().unwrap().len(), &last["more_variables"]),
        (20, &5.into())
    );
    let via = &last["pieces"][1];
    assert_eq!((via["via"].as_array().unwrap().len(), &via["more_via"]), (20, &5.into()));
    assert!(told(25, "").ends_with("A10, A11 and 13 more\n"), "{}", told(25, ""));
    for form in ["", "--output-format json"] {
        assert!(told(1_200, form).len() < 6 * told(300, form).len());
    }
}
