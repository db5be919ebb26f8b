//! The values that stand behind the names of secrets.

use std::ops::Range;

use super::Secret;
use super::form::private_keys;
use super::name::{Certain, is_secret_name, name_around, stems};
use super::quoted::{Piece, extent, open_before, quote_at, word};

/// How many names are looked at in a value, so that names in names cost no more than others.
const MOST_INSIDE: usize = 16;

/// Finds the values that stand behind the names of secrets, and private keys.
pub(super) fn named(text: &str) -> Vec<Secret> {
    let mut all = Vec::new();
    let mut done = 0;
    let (mut value_end, mut inside) = (0, 0);
    for sign in stems(text) {
        if sign.start < done {
            continue;
        }
        let name = name_around(text, sign);
        done = name.end;
        inside = if name.start < value_end { inside + 1 } else { 0 };
        if inside > MOST_INSIDE {
            continue;
        }
        if let Some(behind) = behind(text, name) {
            value_end = value_end.max(behind.end);
            all.extend(behind.secrets);
        }
    }
    if done > 0 {
        all.extend(private_keys(text).into_iter().map(Secret::of));
    }
    all
}

/// What stands behind a name.
struct Behind {
    secrets: Vec<Secret>,
    /// Where the value ends. A text in quotes that is no secret is no value: it may hold any number of them.
    end: usize,
}

/// How a value follows a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// As in `name=value`, or quoted as in JSON.
    Close,
    /// As in `{name: value}`, or `name: value` on a line of its own.
    Alone,
    /// As in `name: value`, which prose has too, or `--name value`.
    Loose,
}

/// Where a value stands that a name may be of.
struct Place {
    start: usize,
    follows: Follows,
    /// Whether the name is in double quotes, as in JSON.
    json: bool,
    /// Whether values with commas between them may be a sweep, as in `name=a,b`.
    sweeps: bool,
}

/// Reads the value behind a name, if the name is that of a secret and the value may be one; those of a list.
fn behind(text: &str, name: Range<usize>) -> Option<Behind> {
    let certain = is_secret_name(text.get(name.clone())?)?;
    let Place { start, follows, json, sweeps } = place_behind(text, &name)?;
    let value = text.get(start..)?;
    let secret = |piece: &Piece, continues: bool| {
        let range = start + piece.range.start..start + piece.range.end;
        Secret { range, bare_json: json && !piece.quoted, continues }
    };
    let among_others = if follows == Follows::Close { Follows::Alone } else { follows };
    let is_secret = |it: &Piece| {
        let text = value.get(it.range.clone()).unwrap_or_default();
        (it.quoted || !json) && may_be_secret(text, certain, among_others, it.quoted)
    };
    if let Some(elements) = elements(value).filter(|_| !json || !value.starts_with('{')) {
        let secrets = elements.iter().filter(|it| is_secret(it)).map(|it| secret(it, false));
        let secrets: Vec<_> = secrets.collect();
        let end = secrets.last().map_or(start, |it| it.range.end);
        return Some(Behind { secrets, end });
    }
    let outer = if json { "" } else { open_before(text.get(..name.start)?) };
    let pieces = word(value, outer);
    let quoted = pieces.first()?.quoted;
    let found: String = pieces.iter().filter_map(|it| value.get(it.range.clone())).collect();
    // Structure is not hidden, or JSON would end to be some.
    let structure = matches!(found.as_str(), "[" | "{" | "(")
        || json && !quoted && found.starts_with(['[', '{']);
    let end = pieces.last()?.end;
    if structure || !may_be_secret(&found, certain, follows, quoted) {
        let text = quoted && pieces.len() == 1;
        return Some(Behind { secrets: Vec::new(), end: if text { start } else { start + end } });
    }
    let mut secrets: Vec<_> =
        pieces.iter().enumerate().map(|(at, piece)| secret(piece, at > 0)).collect();
    let others = if sweeps { swept(value, end) } else { Vec::new() };
    secrets.extend(others.iter().filter(|it| is_secret(it)).map(|it| secret(it, false)));
    let end = others.last().map_or(end, |it| it.end);
    Some(Behind { secrets, end: start + end })
}

/// Reads the other values of a sweep, of which the first ends at `at`. With `--export=API_KEY=a,HOME,X=b` the names
/// of variables follow.
fn swept(text: &str, mut at: usize) -> Vec<Piece> {
    let mut values = Vec::new();
    while let Some(rest) = text.get(at..).and_then(|it| it.strip_prefix(',')) {
        let value = extent(rest).moved(at + 1);
        let said = text.get(value.range.clone()).unwrap_or_default();
        let assigns = !value.quoted && said.trim_end_matches('=').contains('=');
        if said.is_empty() || assigns || values.len() == MOST_ELEMENTS {
            break;
        }
        at = value.end;
        if value.quoted || !said.bytes().all(|it| it.is_ascii_uppercase() || it == b'_') {
            values.push(value);
        }
    }
    values
}

/// Finds where a value would stand behind a name.
fn place_behind(text: &str, name: &Range<usize>) -> Option<Place> {
    const BLANK: [char; 2] = [' ', '\t'];
    let said = text.get(name.clone())?;
    let rest = text.get(name.end..)?;
    let closing = quote_at(rest);
    let unquoted = rest.get(closing.len()..)?;
    // As in `[name]=value` and `x["name"] = value`.
    let unquoted = unquoted.strip_prefix(']').unwrap_or_else(|| behind_subscript(unquoted));
    let behind = unquoted.trim_start_matches(BLANK);
    let gap = unquoted.len() > behind.len();
    let sign = [":=", ":-", "+=", "<<<", "=", ":"].into_iter().find(|it| behind.starts_with(it));
    let line = || Line::around(text, name);
    let (follows, value) = match sign {
        Some(":") if closing.is_empty() => {
            let value = behind.get(1..)?.trim_start_matches(BLANK);
            (line().follows(value), below(value))
        }
        Some(sign) => {
            let close = behind.get(sign.len()..)?;
            let value = close.trim_start_matches(BLANK);
            if !closing.is_empty() || gap {
                (Follows::Close, value)
            } else if value.len() < close.len() && line().tells(said, value) {
                (line().follows(value), value)
            } else {
                (Follows::Close, close)
            }
        }
        None if !gap || !closing.is_empty() => return None,
        None if said.starts_with("--") => (Follows::Loose, behind),
        None if said.ends_with("password") && logs_in(line().before) => (Follows::Close, behind),
        None => return None,
    };
    let value = value.strip_prefix('$').filter(|it| it.starts_with('\'')).unwrap_or(value);
    let value = instead_of_variable(value).unwrap_or(value);
    let sweeps = sign == Some("=") && closing.is_empty() && follows == Follows::Close;
    Some(Place { start: text.len() - value.len(), follows, json: closing == "\"", sweeps })
}

/// Leaves out the subscript of `name[3]=value`.
fn behind_subscript(text: &str) -> &str {
    let Some(inside) = text.strip_prefix('[') else { return text };
    let rest = inside.trim_start_matches(|c: char| c.is_alphanumeric() || "_-$@\"'".contains(c));
    rest.strip_prefix(']').filter(|it| it.starts_with(['=', '+'])).unwrap_or(text)
}

/// Finds the text of `${oc.env:NAME,text}`, in quotes or not, that stands for a variable nobody set.
fn instead_of_variable(value: &str) -> Option<&str> {
    let inside = value.get(quote_at(value).len()..)?.strip_prefix("${oc.env:")?;
    let name = inside.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    inside.get(name..)?.strip_prefix(',')
}

/// Finds the text of a value in YAML that begins on the next line.
fn below(value: &str) -> &str {
    let text = value.strip_prefix(['|', '>']).map(|it| it.trim_start_matches(['-', '+']));
    text.and_then(|it| it.strip_prefix('\n')).map_or(value, str::trim_start)
}

/// What stands in front of a name.
struct Line<'a> {
    /// The text before the name, no more of it than tells what it is.
    before: &'a str,
    /// The part of it on the name's line.
    own: &'a str,
}

impl<'a> Line<'a> {
    /// How much of a text is looked at, so that long lines cost no more than short ones.
    const LOOKED_AT: usize = 200;

    fn around(text: &'a str, name: &Range<usize>) -> Self {
        let start = name.start.saturating_sub(Self::LOOKED_AT);
        let start = (start..name.start).find(|at| text.is_char_boundary(*at)).unwrap_or(name.start);
        let before = text.get(start..name.start).unwrap_or_default();
        Self { before, own: before.rsplit('\n').next().unwrap_or_default() }
    }

    fn is_comment(&self) -> bool {
        self.own.trim_start().starts_with('#') || self.own.contains(" #")
    }

    /// Tells whether the line has nothing but the name and a value of one word.
    fn is_own(&self, value: &str) -> bool {
        let behind = value.get(extent(value).end..).unwrap_or_default();
        let leads = self.own.chars().all(|c| " \t#+-".contains(c));
        leads && ends_line(behind)
    }

    fn follows(&self, value: &str) -> Follows {
        let brace = self.own.bytes().rev().find(|it| matches!(it, b'{' | b'}'));
        if brace == Some(b'{') || self.is_own(value) { Follows::Alone } else { Follows::Loose }
    }

    /// Tells whether what follows `name= ` is its value: to a shell the value is empty, and a command
    /// or another override follows.
    fn tells(&self, name: &str, value: &str) -> bool {
        let variable = !name.contains(|c: char| c.is_ascii_lowercase());
        match self.is_comment() {
            true => !variable || self.is_own(value),
            false => !variable && self.is_own(value),
        }
    }
}

/// Tells whether a text ends with what `.netrc` says in front of a password: `machine x login y`.
fn logs_in(text: &str) -> bool {
    let text = text.replace("\\n", " ");
    let mut words = text.split_whitespace().rev();
    let mut has_login = false;
    while let Some(value) = words.next() {
        match words.next().unwrap_or_default() {
            "login" | "account" => has_login = true,
            key => return key.ends_with("machine") || has_login && value.ends_with("default"),
        }
    }
    false
}

/// How many elements of a list are looked at, so that lists in lists cost no more than others.
const MOST_ELEMENTS: usize = 200;

/// Reads the elements of a list: `[a, b]`, `(a b)`, or YAML's, one below the other; also of lists in it, the values of
/// `{x: a, y: b}`, and what Hydra's functions are given, as in `choice(a, b)`.
fn elements(text: &str) -> Option<Vec<Piece>> {
    if text.trim_start_matches([' ', '\r']).starts_with('\n') {
        return Some(elements_below(text));
    }
    let open = quote_at(text);
    let mut at = open.len();
    let (length, close) = opening(text.get(at..)?)?;
    let mut closing = vec![close];
    at += length;
    let mut elements = Vec::new();
    for _ in 0..MOST_ELEMENTS {
        let rest = text.get(at..)?;
        let trimmed = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        at += rest.len() - trimmed.len();
        let inside = *closing.last()?;
        if let Some(behind) = trimmed.strip_prefix(inside) {
            closing.pop();
            at += 1;
            if closing.is_empty() {
                let next = behind.chars().next();
                let bare = next.is_none_or(|c| c.is_whitespace() || "\"'`,;&|)}]\\".contains(c));
                let ends = if open.is_empty() { bare } else { behind.starts_with(open) };
                return ends.then_some(elements);
            }
            continue;
        }
        let key = if inside == '}' { key_length(trimmed)? } else { 0 };
        at += key;
        let value = trimmed.get(key..)?;
        if let Some((length, close)) = opening(value) {
            closing.push(close);
            at += length;
            continue;
        }
        let element = extent(value);
        if element.end == 0 {
            return None;
        }
        let end = at + element.end;
        elements.push(element.moved(at));
        at = end;
    }
    Some(elements)
}

/// Functions of Hydra that give values on.
const FUNCTIONS: [&str; 9] =
    ["choice", "sort", "shuffle", "tag", "glob", "extend_list", "str", "int", "json_str"];

/// Reads what a list, a dictionary or a call begins with; returns how long that is, and what closes it.
fn opening(text: &str) -> Option<(usize, char)> {
    let name =
        FUNCTIONS.iter().find(|it| text.strip_prefix(**it).is_some_and(|it| it.starts_with('(')));
    let length = name.map_or(0, |it| it.len());
    let close = match text.get(length..)?.chars().next()? {
        '[' => ']',
        '(' => ')',
        '{' => '}',
        _ => return None,
    };
    Some((length + 1, close))
}

/// Tells how long a key of a dictionary is, its colon and blanks and all; none where the text is no such key.
fn key_length(text: &str) -> Option<usize> {
    let key = extent(text);
    let colon = match key.quoted {
        true => text.get(key.end..)?.starts_with(':').then_some(key.end)?,
        false => text.get(..key.end)?.find(':')?,
    };
    let value = text.get(colon + 1..)?;
    Some(text.len() - value.trim_start().len())
}

/// Reads a list of single words; where they are names, as of Docker's secrets, they are none.
fn elements_below(text: &str) -> Vec<Piece> {
    let mut elements = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n').take(MOST_ELEMENTS) {
        if let Some(element) = line.trim_start().strip_prefix("- ").map(str::trim_start) {
            let piece = extent(element);
            let said = element.get(piece.range.clone()).unwrap_or_default();
            let alone = ends_line(element.get(piece.end..).unwrap_or_default());
            if !alone || is_secret_name(said).is_some() {
                break;
            }
            elements.push(piece.moved(start + line.len() - element.len()));
        } else if !line.trim().is_empty() {
            break;
        }
        start += line.len();
    }
    elements
}

/// Tells whether nothing but a comment is left of a line.
fn ends_line(text: &str) -> bool {
    let rest = text.split('\n').next().unwrap_or_default().trim();
    rest.is_empty() || rest.starts_with('#')
}

/// Tells whether a value only says where the secret is, or that there is none.
pub(super) fn refers(value: &str) -> bool {
    let word = value.to_ascii_lowercase();
    let nothing = [
        "",
        "null",
        "none",
        "true",
        "false",
        "yes",
        "no",
        "on",
        "off",
        "auto",
        "default",
        "???",
        "...",
        "…",
        "required",
        "optional",
        "unset",
        "env",
        "str",
        "string",
        "inherit",
        "-----begin",
    ];
    let begins = ["$", "<", "%", "{{", "~/", "./", "../", "***", "os.environ", "os.getenv"];
    nothing.contains(&word.as_str())
        || begins.iter().any(|it| value.starts_with(it))
        || value.contains("://")
}

fn may_be_secret(value: &str, certain: Certain, follows: Follows, quoted: bool) -> bool {
    if refers(value) {
        return false;
    }
    let digit = value.bytes().any(|it| it.is_ascii_digit());
    let upper = value.bytes().any(|it| it.is_ascii_uppercase());
    let random = value.len() >= 8 && (digit || upper || value.len() >= 16);
    match (certain, follows) {
        (Certain::Yes, Follows::Close | Follows::Alone) => true,
        // `password: must be set` is prose.
        (Certain::Yes, Follows::Loose) => quoted || digit || upper || value.len() >= 8,
        (Certain::No, follows) => {
            let number = value.parse::<f64>().is_ok();
            let text = value.contains(|c: char| c.is_whitespace() || "<>|[]/".contains(c));
            !number && !text && (follows == Follows::Close || random)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::secret::form::formed;

    fn hides(text: &str) -> Vec<&str> {
        let named = named(text).into_iter().map(|it| it.range);
        named.chain(formed(text)).map(|it| text.get(it).unwrap_or("no place")).collect()
    }

    #[test]
    fn the_values_of_secret_names_are_found_in_every_way_to_write_them() {
        for text in [
            "WANDB_API_KEY=s3cr3t-Value",
            "export WANDB_API_KEY='s3cr3t-Value'",
            "export HF_TOKEN=\"s3cr3t-Value\"",
            "${HF_TOKEN:-s3cr3t-Value}",
            "${HF_TOKEN:=\"s3cr3t-Value\"}",
            "+trainer.hub_token=s3cr3t-Value trainer.nnodes=2",
            "'trainer.logger.password=\"s3cr3t-Value\"'",
            "trainer.logger={password: s3cr3t-Value, name: x}",
            "api_key: s3cr3t-Value # of the tracker",
            "apiKey = \"s3cr3t-Value\"",
            r#"{"api_key": "s3cr3t-Value", "x": 1}"#,
            r#"{"text": "trainer.api_key=\"s3cr3t-Value\""}"#,
            r#"{"text": "export DB_PASSWORD=s3cr3t-Value\npython3"}"#,
            "wandb login --api-key s3cr3t-Value --relogin",
            "--password=s3cr3t-Value",
            "AWS_SECRET_ACCESS_KEY=s3cr3t-Value",
            "AUTH_TOKEN=$'s3cr3t-Value'",
            "client_secret_value=s3cr3t-Value",
            "declare -A LOGIN=([user]=me [password]=s3cr3t-Value)",
            "os.environ[\"WANDB_API_KEY\"] = \"s3cr3t-Value\"",
        ] {
            assert_eq!(hides(text), ["s3cr3t-Value"], "{text}");
        }
        assert_eq!(hides(r"x.password=a\,b y=1"), [r"a\,b"]);
        assert_eq!(hides("x.secret='a b, c' y=1"), ["a b, c"]);
        assert_eq!(hides("x.secret='it\\'s so' y=1"), ["it\\'s so"]);
        assert_eq!(hides("x.secret=[a-b"), ["[a-b"]);
        assert_eq!(hides(r#"{"secret": [1, 2], "password": {"x": 1}}"#), Vec::<&str>::new());
    }

    #[test]
    fn forms_are_found_without_a_name() {
        for token in [
            "hf_AbCdEfGhIjKlMnOpQrStUvWxYz01234567",
            "sk-proj-0123456789abcdefghij",
            "ghp_0123456789abcdefghijABCDEFGHIJ012345",
            "AKIAIOSFODNN7EXAMPLE",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_1",
        ] {
            assert_eq!(hides(&format!("it said '{token}', then failed")), [token]);
        }
        assert_eq!(hides("https://me:s3cr3t@example.org/x"), ["s3cr3t"]);
        for text in ["wandb login 0123456789abcdef0", "wandb login --relogin '0123456789abcdef0'"] {
            assert_eq!(hides(text), ["0123456789abcdef0"]);
        }
        assert_eq!(hides("Authorization: Bearer 0123456789abcdef"), ["0123456789abcdef"]);
    }

    #[test]
    fn passwords_are_found_that_programs_are_told_by_a_flag() {
        for text in [
            "sshpass -p hunter2 ssh node2 nvidia-smi",
            "sshpass -phunter2 scp -p a b:",
            "sshpass -v -p 'hunter2' ssh node2",
            r#"{"a": "sshpass -p \"hunter2\" ssh node2"}"#,
            "docker login -u me -p hunter2 example.org && docker run -p 80:80 x",
            "podman login example.org -p 'hunter2'",
            "curl -u me:hunter2 https://example.org",
            "curl -fsS \\\n  --user 'me:hunter2' https://example.org",
            "curl -X POST --user=me:hunter2 -d x=1 example.org | grep -u a:b",
        ] {
            assert_eq!(hides(text), ["hunter2"], "{text}");
        }
        for text in [
            "sshpass -f file ssh -p 22 node2",
            "sshpass -e ssh -p 22 node2",
            "sshpass -p $PASS ssh node2",
            "docker login -u me && docker run -p 80:80 x",
            "docker run -p 80:80 login",
            "curl -u me https://example.org:80/x",
            "curl -u me:$PASS example.org",
            "curl -L example.org; date -u +%H:%M",
        ] {
            assert_eq!(hides(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn lists_pieces_and_blanks_hide_no_secret() {
        for (text, values) in [
            ("x.passwords=[abc123xyz,def456uvw] y=1", &["abc123xyz", "def456uvw"][..]),
            ("'x.api_keys=[\"abc 1\", def456]' y=[1]", &["abc 1", "def456"]),
            (r#"{"passwords": ["abc", "def"], "x": 1}"#, &["abc", "def"]),
            ("PASSWORDS=(abc 'd e' $F)\npython3", &["abc", "d e"]),
            ("PASSWORD='[abc] (d)'", &["[abc] (d)"]),
            ("passwords:\n  - abc123xyz\n  - 'd e 4'\nx: 1", &["abc123xyz", "d e 4"]),
            ("x={user: me, password: hunter}", &["hunter"]),
            ("x={password:hunter,user:me}", &["hunter"]),
            ("--token=\"hf_abc\"'defghijkl' --x", &["hf_abc", "defghijkl"]),
            ("x.api_key=\"ab\"\"cd\" 'y=z'", &["ab", "cd"]),
            ("x.api_key=ab\"cd\"'ef'gh y", &["ab", "cd", "ef", "gh"]),
            (r#"{"a": "x.api_key=\"ab\"'cd'\"ef\" y", "b": "c"}"#, &["ab", "cd", "ef"]),
            ("'x.password=\"ab\"' 'y=2'", &["ab"]),
            ("['x.password=ab','y=2']", &["ab"]),
            (r#"["p x.password='ab'","y"]"#, &["ab"]),
            (r#"{"a":"p x.password=\"ab\"","b":"c"}"#, &["ab"]),
            (r#"x.password="ab\"cdef" y=1"#, &[r#"ab\"cdef"#]),
            (r#"{"a": "x.password=\"ab\\\"cdef\" y=1"}"#, &[r#"ab\\\"cdef"#]),
            (r#"{"a": "x.password=\"ab\\\\\" y=1"}"#, &[r"ab\\\\"]),
            ("machine x login y password hunter\n", &["hunter"]),
            ("machine x\n  login y\n  password hunter", &["hunter"]),
            ("printf \"machine x\\nlogin y\\npassword hunter\\n\" > ~/.netrc", &["hunter"]),
            ("default login y password hunter", &["hunter"]),
            ("password : hunter\nx: 1", &["hunter"]),
            ("  password: hunter # of me", &["hunter"]),
            ("password:\thunter", &["hunter"]),
            ("password= hunter\nx: 1", &["hunter"]),
            ("# the password= hunter22 is old", &["hunter22"]),
            ("x=1 # api_key : hunter22", &["hunter22"]),
            ("api_key: >-\n  abcdef123\n", &["abcdef123"]),
            ("API_KEY+=hunter PASSWORDS[2]=abc", &["hunter", "abc"]),
            ("read API_KEY <<< hunter", &["hunter"]),
            ("api_key=${oc.env:API_KEY,hunter} y=1", &["hunter"]),
            ("api_key: \"${oc.env:API_KEY,hunter}\"", &["hunter"]),
        ] {
            assert_eq!(hides(text), values, "{text}");
        }
    }

    #[test]
    fn every_value_of_a_sweep_and_in_a_structure_is_hidden() {
        for (text, values) in [
            ("x.api_key=abc,def,g1 y=1", &["abc", "def", "g1"][..]),
            ("'x.api_key=\"a b\",\"def\"' y=1", &["a b", "def"]),
            (r#"{"a": "x.api_key=\"ab\",\"cd\"", "b": "c"}"#, &["ab", "cd"]),
            ("'x.api_key=choice(abc, \"d,e\")' y=1", &["abc", "d,e"]),
            ("x.api_key=sort(shuffle(abc,def),ghi)", &["abc", "def", "ghi"]),
            ("'x.passwords=[[abc, d],[e]]'", &["abc", "d", "e"]),
            ("'x.password={a: abc,b:{\"c\": \"d\"}}' y=1", &["abc", "d"]),
            ("#SBATCH --export=API_KEY=abc,HOME,X=1,def", &["abc"]),
            ("#SBATCH --export=ALL,API_KEY=abc==,HF_TOKEN=hf_1", &["abc==", "hf_1"]),
            (r#"{"api_key":"abc","x":1,"y":"z"}"#, &["abc"]),
            ("login(api_key=abc, user=me)", &["abc"]),
        ] {
            assert_eq!(hides(text), values, "{text}");
        }
    }

    #[test]
    fn private_keys_are_found_line_by_line() {
        let begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
        let end = "-----END OPENSSH PRIVATE KEY-----";
        let lines =
            ["b3BlbnNzaC1rZXktdjEAAAAABG5vbmU", "AAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQ", "Q0Fy"];
        let [one, two, three] = lines;
        for text in [
            format!("cat > key <<EOF\n{begin}\n{one}\n{two}\n{three}\n{end}\nEOF\n"),
            format!("x.ssh_key={begin}\\n{one}\\n{two}\\n{three}\\n{end}\\n"),
            format!("# {begin}\n# {one}\n# {two}\n# {three}\n# {end}\n"),
            format!("{begin}\nProc-Type: 4,ENCRYPTED\n\n{one}\n{two}\n{three}\n{end}"),
        ] {
            assert_eq!(hides(&text), lines, "{text}");
        }
        assert_eq!(hides(&format!("{begin}\n{one}\n{two}\n…")), [one, two]);
        assert_eq!(hides(&format!("{begin}\nabc\n{end}")), ["abc"]);
        let looks = format!("grep -q '{begin}' file && grep -q '{end}' file");
        assert_eq!(hides(&looks), Vec::<&str>::new());
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "actor.ppo_max_token_len_per_gpu=16384 rollout.max_num_batched_tokens=8192",
            "data.tokenizer=Qwen/Qwen3-8B eos_token_id=2 pad_token=abc tokenizer.pad_token='<|end|>'",
            "loss_agg_mode=token-mean token_level_rewards=True token=3",
            "HF_TOKEN=$HF_TOKEN WANDB_API_KEY=${WANDB_API_KEY:-} api_key=${oc.env:WANDB_API_KEY}",
            "trainer.api_key=null password=??? secret_file=/run/key secret_name=wandb",
            "the key: value pairs, a token: the next word, and a password: must be given",
            "sk-learn-pipelines hf_tokenizer hf_rollout_model_path=x PWD=/home/me/job",
            "monkey=1 key=value keys=[a] primary_key=id data.reward_fn_key=data_source",
            "gpu-device-host-name.example.org https://example.org:8080/x",
            "unexpected token `[` in `k=[`; token=",
            "wandb login\npython_of_this_machine wandb login $WANDB_API_KEY",
            "WANDB_API_KEY= python3 x.py",
            "HF_TOKEN= train_all_of_it.sh\n",
            "python3 x.api_key= trainer.nnodes=2",
            "# HF_TOKEN= python3 x\n# the passwords: they must be given",
            "the machine has a login and a password which is given; password reset",
            "special_tokens=[abc123xyz,def456uvw] pad_token: abc123xyz\nmax_tokens: 8192",
            "secrets:\n  - db_password\n  - HF_TOKEN\nsecrets: inherit",
            "the credentials:\n  - Authentication failed of me",
            "level=token token=[mean,sum] x.token=(1 2)",
            "api_key=os.environ[\"X\"]",
            "api_key=${oc.env:API_KEY,null} api_key=${oc.env:API_KEY}",
            r#"{"password": {"x": "abc"}}"#,
        ] {
            assert_eq!(hides(text), Vec::<&str>::new(), "{text}");
        }
    }
}
