//! Directives as `sbatch` reads them, and changes to them.
//!
//! The ignored tests ask the real `sbatch`, which needs `SLURM_CONF=tests/slurm/slurm.conf`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic as tests do"
)]

use crate::support::Workspace;
use hydrule::surface::slurm::{
    Directive, directive_facts, edit_directive, edit_directives, findings, read_directives,
    read_header,
};
use hydrule::text::{Level, Source, apply_edits};
use hydrule::value::Value;

const GIB: i64 = 1 << 30;

fn script(lines: &str) -> Source {
    Source::new("job.slurm", format!("#!/bin/bash\n{lines}\nsrun train.sh\n"))
}

/// Prints the facts as `name=value`.
fn facts(source: &Source) -> String {
    let facts = directive_facts(&read_directives(source), source);
    let facts: Vec<String> = facts.iter().map(|(name, f)| format!("{name}={}", f.value)).collect();
    facts.join(" ")
}

#[test]
fn every_spelling_of_an_option_is_read() {
    let cases = [
        ("#SBATCH --nodes=2", "nodes=2"),
        ("#SBATCH --nodes 2", "nodes=2"),
        ("#SBATCH -N 2", "nodes=2"),
        ("#SBATCH -N2", "nodes=2"),
        ("#SBATCH -HN2", "nodes=2"),
        ("#SBATCH\t-N2\t", "nodes=2"),
        ("#SBATCH--nodes=2", "nodes=2"),
        ("#SLURM --nodes=2", "nodes=2"),
        ("#SBATCH -N\n#SBATCH 2", "nodes=2"),
        ("#SBATCH --nodes=\"2\"", "nodes=2"),
        ("#SBATCH '--nodes=2'", "nodes=2"),
        ("#SBATCH --nod\\es=2\\", "nodes=2"),
        ("#SBATCH --nodes=2\r", "nodes=2"),
        ("#SBATCH --nodes=2-2", "nodes=2"),
        ("#SBATCH --nodes=1-4", "nodes=1"),
        ("#SBATCH --nodes=1k", "nodes=1024"),
        ("#SBATCH -N=2", ""),
        ("#SBATCH --nodes=1,3", ""),
        ("#SBATCH --nodes=${NODES}", ""),
        ("#SBATCH --nodes=2 --nodes=3\n#SBATCH -N4", "nodes=4"),
        (
            "#SBATCH -N2 -n 16 -c 8 -p long # -p short",
            "nodes=2 ntasks=16 cpus_per_task=8 partition=long",
        ),
        ("#SBATCH -N2# -n 16", "nodes=2"),
        ("##SBATCH -N2\n# SBATCH -N2\n #SBATCH -N2", ""),
        ("#SBATCH --ntasks-per-node=4", "ntasks_per_node=4"),
        ("#SBATCH --tasks-per-node=4", "ntasks_per_node=4"),
        ("#SBATCH --job=x", "job_name=x"),
        (
            "#SBATCH -J \"my job\" -o 'out %j.txt' -e e\\#1",
            "job_name=my job output=out %j.txt error=e#1",
        ),
        ("#SBATCH -J a --comment \"\" -N2", "job_name=a"),
        ("#SBATCH --comment=\"\" -N2", "nodes=2"),
        ("#SBATCH -t 1-12:00:00", "time=1-12:00:00 minutes=2160"),
        ("#SBATCH --time=90", "time=90 minutes=90"),
        ("#SBATCH --exclusive -N2", "nodes=2"),
        ("#SBATCH --exclusive=user -N2", "nodes=2"),
        ("#SBATCH --container-image=nvcr.io#x -N2", ""),
        ("#SBATCH --container-image \"nvcr.io#x\" --container-writable -N2", "nodes=2"),
        ("\n# a comment\n   \n#SBATCH -N2", "nodes=2"),
        ("#SBATCH --mem=0", ""),
        ("#SBATCH --mem=2048", "mem=2.00 GiB"),
        ("#SBATCH --mem=64g", "mem=64.00 GiB"),
        ("#SBATCH --mem=64GiB", ""),
        ("#SBATCH --mem-per-cpu=4G", "mem_per_cpu=4.00 GiB"),
        ("#SBATCH --ntasks=0 -c x", ""),
    ];
    for (lines, expected) in cases {
        assert_eq!(facts(&script(lines)), expected, "{lines}");
    }
}

#[test]
fn here_documents_hold_the_directives_of_others() {
    for (text, names) in [
        ("#SBATCH -N1\nsbatch <<EOT\n#SBATCH --mem=1G\nEOT\n#SBATCH -t 1\n", "nodes time"),
        ("#SBATCH -N1\ncat > a <<'E O'\n#SBATCH --mem=1G\nE O\n#SBATCH -t 1\n", "nodes time"),
        (
            "#SBATCH -N1\ncat <<- \"END\" | sh\n#SBATCH --mem=1G\n\tEND\n#SBATCH -t 1\n",
            "nodes time",
        ),
        ("#SBATCH -N1\ncat <<< EOT\n#SBATCH --mem=1G\n", "nodes mem"),
        ("# <<EOT\n#SBATCH -N1\nx=$((1 << 2))\n#SBATCH --mem=1G\n", "nodes mem"),
    ] {
        let read = read_directives(&Source::new("job.slurm", format!("#!/bin/bash\n{text}")));
        let read: Vec<&str> = read.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(read.join(" "), names, "{text}");
    }
}

#[test]
fn gpus_per_node_are_told_in_every_way_of_asking() {
    let cases = [
        ("--gres=gpu:4", Some(4)),
        ("--gres gpu:h100:4", Some(4)),
        ("--gres=gpu", Some(1)),
        ("--gres=gpu:h100", Some(1)),
        ("--gres=gres:gpu:4", Some(4)),
        ("--gres=gpu:4,shard:2", Some(4)),
        ("--gres=nvme:1,gpu:4", Some(4)),
        ("--gres=gpu:a100:2,gpu:v100:2", Some(4)),
        ("--gres=gpu:1g.5gb:2", Some(2)),
        ("--gres=gpu:1g.5gb", Some(1)),
        ("--gres=gpu:2 --gres=gpu:4", Some(4)),
        ("--gres=none", None),
        ("--gres=craynetwork:0", None),
        ("--gres=gpu:1k", None),
        ("--gres=gpu:+4", None),
        ("--gres=gpu:", None),
        ("--gres=gpu:$N", None),
        ("--gpus-per-node=h100:4", Some(4)),
        ("--gpus-per-node=4", Some(4)),
        ("--gpus-per-node=h100", Some(1)),
        ("--gpus-per-node=4 --gres=gpu:4", None),
        ("--gpus-per-node=4 --gres=nvme:1", Some(4)),
        ("-G 8 -N 2", Some(4)),
        ("-Gh100:8 -N 2-2", Some(4)),
        ("--gpus=8 -N 1-2", None),
        ("--gpus=8", None),
        ("--gpus=7 -N 2", None),
        ("-G 4 --gpus-per-node=2 -N 2", Some(2)),
        ("-G 4 --gpus-per-node=4 -N 2", None),
        ("--gpus-per-task=2 --ntasks-per-node=2", Some(4)),
        ("--gpus-per-task=2 --ntasks-per-node=2 -N2 -n4", Some(4)),
        ("--gpus-per-task=2 --ntasks-per-node=2 -N2 -n3", None),
        ("--gpus-per-task=2 -n 2", None),
        ("--gpus-per-socket=2 --sockets-per-node=2", None),
    ];
    for (line, expected) in cases {
        let source = script(&format!("#SBATCH {line}"));
        let facts = directive_facts(&read_directives(&source), &source);
        let value = facts.get("gpus_per_node").map(|found| found.value.clone());
        assert_eq!(value, expected.map(Value::Int), "{line}");
    }
}

#[test]
fn places_are_those_of_the_values() {
    let source = script("#SBATCH -N 2 --gres=\"gpu:4\"\nhostname\n#SBATCH --mem=4G");
    let directives = read_directives(&source);
    let places: Vec<_> = directives
        .iter()
        .map(|d| {
            (d.name.as_str(), source.slice(d.span), source.slice(d.value_span.unwrap()), d.line)
        })
        .collect();
    assert_eq!(
        places,
        [
            ("nodes", "-N 2", "2", 2),
            ("gres", "--gres=\"gpu:4\"", "gpu:4", 2),
            ("mem", "--mem=4G", "4G", 4)
        ]
    );
    assert_eq!(directives.iter().map(|d| d.ignored).collect::<Vec<_>>(), [false, false, true]);
    let facts = directive_facts(&directives, &source);
    assert_eq!(facts["nodes"].from.to_string(), "job.slurm:2");
    assert!(!facts.contains_key("mem"));
}

#[test]
fn what_sbatch_refuses_is_a_fault() {
    let cases = [
        ("#SBATCH foo", "hydrule::slurm::stray_word"),
        ("#SBATCH -- --nodes=2", "hydrule::slurm::stray_word"),
        ("#SBATCH -J my job", "hydrule::slurm::stray_word"),
        ("#SBATCH --node=2", "hydrule::slurm::ambiguous"),
        ("#SBATCH --hold=1", "hydrule::slurm::needless_value"),
        ("#SBATCH -N", "hydrule::slurm::missing_value"),
        ("#SBATCH -z", "hydrule::slurm::unknown_option"),
        ("#SBATCH --cpu-per-task=4", "hydrule::slurm::unknown_option"),
        ("#SBATCH --gpus_per_node 8", "hydrule::slurm::unknown_option"),
        ("#SBATCH -N2 'x", "hydrule::slurm::unmatched_quote"),
        ("#SBATCH -N2 :", "hydrule::slurm::colon"),
    ];
    for (line, code) in cases {
        let faults = read_header(&script(line)).faults;
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [code], "{line}");
        assert_eq!(read_header(&script(&format!("hostname\n{line}"))).faults, [], "{line}");
    }
    // What a plugin may bring.
    assert_eq!(read_header(&script("#SBATCH --auks=yes --x11")).faults, []);
    let gpu = &read_header(&script("#SBATCH --gpu=2")).faults[0];
    assert!(gpu.help.as_ref().unwrap().contains("`--gpus`, `--gpus-per-node`"));
    let mixed = script("#SBATCH -N1\n#SBATCH hetjob\n#SBATCH -N2");
    assert!(read_header(&mixed).heterogeneous);
    assert!(!read_header(&script("#SBATCH --job-name=hetjob1")).heterogeneous);
    assert_eq!(facts(&mixed), "");
}

#[test]
fn values_that_sbatch_refuses_are_found() {
    let cases = [
        ("--time=24h", "write `24:00:00`"),
        ("--mem 64GiB", "write `64G`"),
        ("-N=1", "a short option has no `=`: write `1`"),
        ("-n $TASKS", "sbatch knows no variables here; give the option on its command line"),
        ("--ntasks-per-node=some", ""),
    ];
    let wrong = |lines: &str| {
        let found = findings(&script(lines)).into_iter();
        found.filter(|it| it.level == Level::Error).collect::<Vec<_>>()
    };
    for (option, help) in cases {
        let lines = format!("#SBATCH {option}");
        let found = wrong(&lines);
        assert_eq!(found.len(), 1, "{option}: {found:?}");
        assert_eq!(found[0].rule, "refused-directive", "{option}");
        assert_eq!(found[0].fault.help.as_deref().unwrap_or_default(), help, "{option}");
        // Others can be changed all the same.
        assert!(edited(&lines, "job_name", &Value::Str("a".to_owned())).is_ok(), "{option}");
        assert!(wrong(&format!("hostname\n{lines}")).is_empty(), "{option}");
    }
}

#[test]
fn directives_that_are_comments_are_found() {
    let cases = [
        ("##SBATCH --time=1", Some(Level::Note)),
        ("# # SBATCH a", Some(Level::Note)),
        ("# SBATCH --time=1", Some(Level::Note)),
        ("#SBTACH --time=1", Some(Level::Warning)),
        ("#sbatch\t-N1", Some(Level::Warning)),
        ("#BATCH -N1", Some(Level::Warning)),
        ("# SBATCH options are below", None),
        ("#PBS -l nodes=1", None),
        ("# batch -N1", None),
        ("#SBATCH -N1", None),
    ];
    for (line, level) in cases {
        let found = findings(&script(line));
        assert_eq!(found.iter().map(|it| it.level).next(), level, "{line}");
    }
}

/// Edits the lines and returns them, or the code of the fault and what it underlines.
fn edited(lines: &str, name: &str, value: &Value) -> Result<String, String> {
    let source = script(lines);
    let edits = edit_directive(&source, name, value)
        .map_err(|fault| format!("{} at `{}`", fault.code, source.slice(fault.span)))?;
    let text = apply_edits(source.text(), &edits).unwrap();
    let again = Source::new("job.slurm", text.clone());
    let facts = directive_facts(&read_directives(&again), &again);
    assert_eq!(facts[name].value, *value, "{text}");
    assert_eq!(edit_directive(&again, name, value), Ok(vec![]), "{text}");
    let body = text.strip_prefix("#!/bin/bash\n").unwrap();
    Ok(body.strip_suffix("\nsrun train.sh\n").unwrap().to_owned())
}

#[test]
fn edits_keep_the_spelling() {
    let int = Value::Int;
    let cases = [
        ("#SBATCH --gres=gpu:h100:4", "gpus_per_node", int(8), "#SBATCH --gres=gpu:h100:8"),
        ("#SBATCH --gres=gpu:4,shard:2", "gpus_per_node", int(8), "#SBATCH --gres=gpu:8,shard:2"),
        ("#SBATCH --gres=gpu", "gpus_per_node", int(8), "#SBATCH --gres=gpu:8"),
        ("#SBATCH --gres=gpu:h100,x", "gpus_per_node", int(8), "#SBATCH --gres=gpu:h100:8,x"),
        ("#SBATCH --gres='gpu:4'", "gpus_per_node", int(16), "#SBATCH --gres='gpu:16'"),
        ("#SBATCH --gres=gpu:\"4\"", "gpus_per_node", int(8), "#SBATCH --gres=gpu:\"8\""),
        ("#SBATCH --gres=gpu:1\"6\"", "gpus_per_node", int(8), "#SBATCH --gres=gpu:8"),
        ("#SBATCH --gpus-per-node h100", "gpus_per_node", int(8), "#SBATCH --gpus-per-node h100:8"),
        ("#SBATCH --gpus=8 -N 2", "gpus_per_node", int(8), "#SBATCH --gpus=16 -N 2"),
        ("#SBATCH -G8 -N 2", "nodes", int(4), "#SBATCH -G16 -N 4"),
        ("#SBATCH -G8", "nodes", int(4), "#SBATCH -G8\n#SBATCH --nodes=4"),
        (
            "#SBATCH --gpus-per-task=2 --ntasks-per-node=2",
            "gpus_per_node",
            int(8),
            "#SBATCH --gpus-per-task=4 --ntasks-per-node=2",
        ),
        (
            "#SBATCH --gpus-per-task=2 --ntasks-per-node=2",
            "ntasks_per_node",
            int(4),
            "#SBATCH --gpus-per-task=1 --ntasks-per-node=4",
        ),
        ("#SBATCH -N2-2 # two", "nodes", int(4), "#SBATCH -N4-4 # two"),
        ("#SBATCH -N1 -N2", "nodes", int(4), "#SBATCH -N1 -N4"),
        ("#SBATCH -N2", "gpus_per_node", int(8), "#SBATCH -N2\n#SBATCH --gpus-per-node=8"),
        (
            "#SBATCH -N2\n# x\necho",
            "mem",
            Value::Bytes(GIB),
            "#SBATCH -N2\n#SBATCH --mem=1G\n# x\necho",
        ),
    ];
    for (lines, name, value, expected) in cases {
        assert_eq!(edited(lines, name, &value).as_deref(), Ok(expected), "{lines}: {name}={value}");
    }
}

#[test]
fn edits_keep_the_spelling_of_other_directives() {
    let int = Value::Int;
    let text = |text: &str| Value::Str(text.to_owned());
    let cases = [
        ("#SBATCH -N2\r\necho", "ntasks", int(8), "#SBATCH -N2\r\n#SBATCH --ntasks=8\r\necho"),
        (
            "#SBATCH -N2\necho\n#SBATCH -c 4",
            "cpus_per_task",
            int(8),
            "#SBATCH -N2\n#SBATCH --cpus-per-task=8\necho\n#SBATCH -c 4",
        ),
        ("#SBATCH --mem=64g", "mem", Value::Bytes(96 * GIB), "#SBATCH --mem=96g"),
        ("#SBATCH --mem=64000", "mem", Value::Bytes(64 * GIB), "#SBATCH --mem=65536"),
        ("#SBATCH --mem 1T", "mem", Value::Bytes(1536 * GIB), "#SBATCH --mem 1536G"),
        ("#SBATCH -t 60 -c2", "time", text("2-00:00"), "#SBATCH -t 2-00:00 -c2"),
        ("#SBATCH -J a", "job_name", text("b c#"), "#SBATCH -J \"b c#\""),
        ("#SBATCH -Ja", "job_name", text("\"\\"), "#SBATCH \"-J\\\"\\\\\""),
        ("#SBATCH -J a", "job_name", text(":b"), "#SBATCH -J \":b\""),
        ("#SBATCH --output=\"a b\" -H", "output", text("c"), "#SBATCH --output=\"c\" -H"),
        ("#SBATCH '--output=a'", "output", text("it's"), "#SBATCH \"--output=it's\""),
        ("#SBATCH --output=a\\ -H", "output", text("c"), "#SBATCH --output=c\\ -H"),
        ("#SBATCH -N2", "error", text("a b"), "#SBATCH -N2\n#SBATCH \"--error=a b\""),
        ("#SBATCH -p a,b", "partition", text("c"), "#SBATCH -p c"),
        ("#SBATCH -t 1-0", "minutes", int(90), "#SBATCH -t 01:30:00"),
        ("#SBATCH --time 90", "minutes", int(4000), "#SBATCH --time 2-18:40:00"),
        ("#SBATCH -N2", "minutes", int(60), "#SBATCH -N2\n#SBATCH --time=01:00:00"),
        (
            "#SBATCH --mem-per-gpu=4G",
            "mem_per_gpu",
            Value::Bytes(8 * GIB),
            "#SBATCH --mem-per-gpu=8G",
        ),
        ("#SBATCH -A a -q b -C h100", "qos", text("c"), "#SBATCH -A a -q c -C h100"),
    ];
    for (lines, name, value, expected) in cases {
        assert_eq!(edited(lines, name, &value).as_deref(), Ok(expected), "{lines}: {name}={value}");
    }
}

#[test]
fn what_is_not_certain_is_refused() {
    let int = Value::Int;
    let cases = [
        ("#SBATCH -G 7 -N 2", "gpus_per_node", int(8), "unclear_gpus at `7`"),
        ("#SBATCH -G 8", "gpus_per_node", int(8), "unclear_gpus at `8`"),
        ("#SBATCH -G 8 -N 1-2", "gpus_per_node", int(8), "unclear_gpus at `8`"),
        ("#SBATCH --gres=gpu:$N", "gpus_per_node", int(8), "unclear_gpus at `gpu:$N`"),
        (
            "#SBATCH --gres=gpu:a:2,gpu:b:2",
            "gpus_per_node",
            int(8),
            "unclear_gpus at `gpu:a:2,gpu:b:2`",
        ),
        ("#SBATCH --gres=gpu:4 --gpus-per-node=4", "gpus_per_node", int(8), "unclear_gpus at `4`"),
        ("#SBATCH --gpus-per-socket=4", "gpus_per_node", int(8), "unclear_gpus at `4`"),
        (
            "#SBATCH --gpus-per-task=2 --ntasks-per-node=2",
            "gpus_per_node",
            int(3),
            "unclear_gpus at `2`",
        ),
        ("#SBATCH -N 1-4", "nodes", int(2), "refused at `1-4`"),
        ("#SBATCH -N ${N}", "nodes", int(2), "refused at `${N}`"),
        ("#SBATCH -N x", "nodes", int(2), "refused at `x`"),
        ("#SBATCH --mem=0", "mem", Value::Bytes(GIB), "refused at `0`"),
        ("#SBATCH --mem-per-cpu=4G", "mem", Value::Bytes(GIB), "refused at `4G`"),
        ("#SBATCH --mem=4G", "mem", Value::Bytes(GIB + 1), "wrong_value at ``"),
        ("#SBATCH --mem=4G", "mem", int(8), "wrong_value at ``"),
        ("#SBATCH -N2", "nodes", int(0), "wrong_value at ``"),
        ("#SBATCH -N2", "output", Value::Str("a\nb".to_owned()), "wrong_value at ``"),
        ("#SBATCH -N2", "output", Value::Str("$HOME/x".to_owned()), "wrong_value at ``"),
        ("#SBATCH -N2", "color", int(1), "unknown_name at ``"),
        ("#SBATCH -N2 x", "nodes", int(4), "stray_word at `x`"),
        ("#SBATCH -N2\n#SBATCH hetjob", "nodes", int(4), "heterogeneous at `-N2`"),
        ("echo", "nodes", int(4), "no_directives at ``"),
    ];
    for (lines, name, value, expected) in cases {
        let expected = Err(format!("hydrule::slurm::{expected}"));
        assert_eq!(edited(lines, name, &value), expected, "{lines}: {name}={value}");
    }
}

#[test]
fn changes_that_belong_together_are_made_together() {
    let source = Source::new("job", "#!/bin/sh\n#SBATCH -G 8 -N 2");
    let bytes = Value::Bytes(GIB);
    let changes = [("nodes", &Value::Int(4)), ("gpus_per_node", &Value::Int(8)), ("mem", &bytes)];
    let edits = edit_directives(&source, &changes).unwrap();
    let text = apply_edits(source.text(), &edits).unwrap();
    assert_eq!(text, "#!/bin/sh\n#SBATCH -G 32 -N 4\n#SBATCH --mem=1G");
}

/// Runs `sbatch` on a script and returns what it says.
fn asked_sbatch(source: &Source) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.sh");
    std::fs::write(&path, source.text()).unwrap();
    let mut sbatch = std::process::Command::new("sbatch");
    let output = sbatch.args(["-v", "--test-only"]).arg(&path).output().unwrap();
    String::from_utf8(output.stderr).unwrap()
}

/// Returns the options that `sbatch` understood, or `None` when it refused them.
fn understood(output: &str) -> Option<Vec<(String, String)>> {
    let (_, rest) = output.split_once("defined options\n")?;
    let (options, _) = rest.split_once("end of defined options").unwrap();
    let lines = options.lines().filter_map(|line| line.strip_prefix("sbatch: "));
    let options = lines.filter_map(|line| line.split_once(" : "));
    Some(options.map(|(name, value)| (name.trim().to_owned(), value.to_owned())).collect())
}

#[test]
#[ignore = "needs sbatch"]
fn sbatch_reads_the_same() {
    let words = r##"( |-J|-A|--job-name=|--comment |--qos|--acc=|-HJ|-p|'|"|\\|#|:|=|J|A p|\t|\n#SBATCH|--|-){1,9}"##;
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases: 1500,
        failure_persistence: None,
        ..Default::default()
    });
    let accepted = std::cell::Cell::new(0);
    let read = |lines: String| {
        let source = script(&format!("#SBATCH {lines}"));
        let header = read_header(&source);
        let output = asked_sbatch(&source);
        if output.contains("unrecognized option '--") {
            return Ok(()); // It may be that of a plugin.
        }
        let asked = understood(&output);
        assert_eq!(header.faults.is_empty(), asked.is_some(), "{lines:?}: {:?}", header.faults);
        let Some(asked) = asked else { return Ok(()) };
        accepted.set(accepted.get() + 1);
        for name in ["job-name", "account", "qos", "partition", "comment"] {
            let last = |d: &&Directive| !d.ignored && d.name == name;
            let ours = header.directives.iter().rev().find(last);
            let ours = ours.and_then(|directive| directive.value.as_deref());
            let theirs = asked.iter().find(|(asked, _)| asked == name);
            assert_eq!(ours, theirs.map(|(_, value)| value.as_str()), "{name} of {lines:?}");
        }
        Ok(())
    };
    runner.run(&words, read).unwrap();
    let accepted = accepted.get();
    assert!(accepted > 100, "sbatch accepted only {accepted} scripts");
}

/// What a cluster decides, or later versions of Slurm take, is no fault; all others are those of `sbatch`.
#[test]
#[ignore = "needs sbatch"]
fn sbatch_refuses_the_same_values() {
    let options = "--time=|--time-min=|--mem=|--mem-per-cpu=|--tmp=|-n |-c |--ntasks-per-node=|--mincpus=|-N|--nodes=";
    let values = "[0-9]{0,3}|(-|\\+| )?[0-9]{1,3}[a-zA-Z]{0,2}|[0-9:-]{1,9}|infinite|unlimited|=4|\\$N|[a-z0-9.]{1,4}";
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases: 1500,
        failure_persistence: None,
        ..Default::default()
    });
    let read = |(option, value): (String, String)| {
        let source = script(&format!("#SBATCH {option}'{value}'"));
        let ours = findings(&source).iter().any(|it| it.level == Level::Error);
        let output = asked_sbatch(&source);
        let theirs = understood(&output).is_none();
        let later =
            option.contains('N') || option.contains("node") || value.contains(['p', 'P', 'e', 'E']);
        assert!(theirs == ours || later && theirs, "{option}{value}: {output}");
        Ok(())
    };
    runner.run(&(options, values), read).unwrap();
}

#[test]
#[ignore = "needs sbatch"]
fn sbatch_sees_the_edit() {
    let word = r#"[a-c:'"\\\\# %=-]{1,8}"#;
    let lines =
        "(#SBATCH (-J a|-Ja|--job-name=a|--job-name 'a'|--job-name=\"a b\"|-J a\\\\ |-N1) -H)";
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases: 500,
        failure_persistence: None,
        ..Default::default()
    });
    let edit = |(lines, word): (String, String)| {
        let source = script(&lines);
        let edits = edit_directive(&source, "job_name", &Value::Str(word.clone()));
        let edits = edits.unwrap_or_else(|fault| panic!("{lines:?} {word:?}: {fault:?}"));
        let edited = Source::new("job", apply_edits(source.text(), &edits).unwrap());
        let asked = understood(&asked_sbatch(&edited)).unwrap_or_default();
        let name = asked.iter().find(|(name, _)| name == "job-name");
        assert_eq!(name.map(|(_, value)| value), Some(&word), "{:?}", edited.text());
        Ok(())
    };
    runner.run(&(lines, word), edit).unwrap();
}

#[test]
#[ignore = "needs sbatch"]
fn sbatch_counts_the_same_minutes() {
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config {
        cases: 400,
        failure_persistence: None,
        ..Default::default()
    });
    let count = |time: String| {
        let source = script(&format!("#SBATCH --time={time}"));
        let ours = directive_facts(&read_directives(&source), &source);
        let ours = ours.get("minutes").map(|found| found.value.to_string());
        let output = asked_sbatch(&source);
        let theirs = understood(&output).unwrap_or_default();
        let theirs = theirs.iter().find(|(name, _)| name == "time").map(|(_, time)| time.clone());
        let theirs = theirs.filter(|time| time != "UNLIMITED");
        match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                let again = script(&format!("#SBATCH --time={theirs}"));
                let again = directive_facts(&read_directives(&again), &again);
                assert_eq!(ours, again["minutes"].value.to_string(), "{time}: {theirs}");
            }
            // What only Slurm can read stays unknown.
            (None, _) => {}
            (Some(ours), None) => panic!("{time}: {ours}, but sbatch says {output}"),
        }
        Ok(())
    };
    runner.run(&"([0-9]{1,3}-)?[0-9]{1,3}(:[0-9]{1,2}){0,2}", count).unwrap();
}

#[test]
fn a_user_sets_directives_and_overrides_together() {
    let workspace = Workspace::new();
    let script =
        "#!/bin/bash\n#SBATCH -G 8 -N 2\n#SBATCH --mem=64G\npython3 -m my.app a.b=1 \"$@\"\n";
    workspace.write("run.sh", script);
    let run = workspace
        .hydrule("set run.sh a.b=2 sbatch:nodes=4 $sbatch.mem=96GiB sbatch:time=1-00:00:00 --write")
        .run();
    assert_eq!(run.code, 0, "{}", run.err);
    let wanted = "#!/bin/bash\n#SBATCH -G 16 -N 4\n#SBATCH --mem=96G\n#SBATCH --time=1-00:00:00\n\
                  python3 -m my.app a.b=2 \"$@\"\n";
    assert_eq!(workspace.read("run.sh"), wanted);
    for (word, message) in [
        ("sbatch:node=4", "did you mean `sbatch:nodes`?"),
        ("sbatch:nodes=x", "takes a number above 0"),
        ("sbatch:mem=96Q", "takes a size such as 96G"),
        ("sbatch:time=", "takes a text"),
    ] {
        let run = workspace.hydrule(&format!("set run.sh {word} --write")).run();
        assert_eq!(run.code, 2, "{word}");
        assert!(run.err.contains(message), "{word}: {}", run.err);
        assert_eq!(workspace.read("run.sh"), wanted);
    }
}
