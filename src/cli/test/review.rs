//! The review of snapshots: one by one, by lines of input that any terminal gives.

use std::io::{self, BufRead};

use super::accept;
use super::find::TestPack;
use super::run::trace;
use crate::cases::{Case, Compared, Tested, TestedPack, pending_name};
use crate::cli::console::Console;
use crate::cli::error::CliError;
use crate::cli::files::remove_file;
use crate::report::{Paint, TestView, case_full, render_faults};

/// What is done with a snapshot.
enum Answer {
    Accept,
    AcceptAll,
    Reject,
    Skip,
    Trace,
    Quit,
    Unclear,
}

impl Answer {
    fn of(line: &str) -> Self {
        match line.trim() {
            "a" | "accept" | "y" | "yes" => Self::Accept,
            "A" | "all" => Self::AcceptAll,
            "r" | "reject" | "n" | "no" => Self::Reject,
            "s" | "skip" => Self::Skip,
            "t" | "trace" => Self::Trace,
            "q" | "quit" => Self::Quit,
            _ => Self::Unclear,
        }
    }
}

/// What a review is on about.
struct Review<'a> {
    console: &'a mut Console,
    input: io::Lines<io::StdinLock<'static>>,
    all: bool,
}

/// Goes through every case that is not as expected. What is accepted counts as passed, what is
/// rejected and skipped does not.
pub fn run(
    packs: &[TestPack],
    tested: &mut [TestedPack],
    console: &mut Console,
) -> Result<(), CliError> {
    let waits = tested.iter().flat_map(|it| &it.cases).filter(|it| it.pending().is_some()).count();
    let mut review = Review { console, input: io::stdin().lock().lines(), all: false };
    let mut number = 0;
    for (pack, tested) in packs.iter().zip(tested) {
        for (case, tested) in pack.cases.iter().zip(&mut tested.cases) {
            number += usize::from(tested.pending().is_some());
            if !review.case(pack, case, tested, (number, waits))? {
                return Ok(());
            }
        }
    }
    Ok(())
}

impl Review<'_> {
    /// Reviews one case; tells whether to go on.
    fn case(
        &mut self,
        pack: &TestPack,
        case: &Case,
        tested: &mut Tested,
        (number, waits): (usize, usize),
    ) -> Result<bool, CliError> {
        let passes = tested.result.as_ref().is_ok_and(Vec::is_empty);
        if passes && tested.pending().is_none() {
            return Ok(true);
        }
        self.show(pack, tested)?;
        let Some(new) = tested.pending().cloned() else { return Ok(true) };
        let file = pack.snapshots.join(pending_name(&case.name));
        loop {
            let answer = if self.all { Answer::Accept } else { self.ask(number, waits)? };
            match answer {
                Answer::Accept | Answer::AcceptAll => {
                    self.all |= matches!(answer, Answer::AcceptAll);
                    accept(&pack.snapshots, &case.name, &new)?;
                    tested.compared = Compared::Same;
                    return Ok(true);
                }
                Answer::Reject => {
                    remove_file(&file)?;
                    return Ok(true);
                }
                Answer::Skip => return Ok(true),
                Answer::Quit => return Ok(false),
                Answer::Trace => self.trace(pack, case)?,
                Answer::Unclear => self.help()?,
            }
        }
    }

    fn show(&mut self, pack: &TestPack, tested: &Tested) -> Result<(), CliError> {
        let look = self.console.out;
        let view = TestView {
            look,
            checks: false,
            rejects: false,
            coverage: false,
            requires: false,
            whole: true,
        };
        self.console.page(&format!("{}\n", case_full(&pack.name, tested, view)))
    }

    fn ask(&mut self, number: usize, waits: usize) -> Result<Answer, CliError> {
        let paint = Paint::new(self.console.out);
        let key = |key: &str, rest: &str| format!("{}{rest}", paint.name(&format!("[{key}]")));
        let keys = [
            key("a", "ccept"),
            key("r", "eject"),
            key("s", "kip"),
            key("t", "race"),
            format!("{} all", paint.name("[A]")),
            key("q", "uit"),
        ];
        self.console.page(&format!("{number} of {waits}: {} > ", keys.join("  ")))?;
        match self.input.next() {
            Some(Ok(line)) => {
                self.console.page("\n")?;
                Ok(Answer::of(&line))
            }
            Some(Err(_)) | None => {
                self.console.page("\n")?;
                Ok(Answer::Quit)
            }
        }
    }

    fn trace(&mut self, pack: &TestPack, case: &Case) -> Result<(), CliError> {
        let look = self.console.out;
        let text = trace(&pack.pack, case, look)
            .unwrap_or_else(|all| all.iter().map(|faults| render_faults(faults, look)).collect());
        self.console.page(&format!("{text}\n"))
    }

    fn help(&mut self) -> Result<(), CliError> {
        self.console.page(
            "a  take it as the snapshot\n\
             r  throw it away; the case goes on failing\n\
             s  leave it for later\n\
             t  show every rule and why it came out so\n\
             A  take this one and all that follow\n\
             q  leave the rest for later\n\n",
        )
    }
}
