//! What options and repairs write.

use super::Checker;
use crate::condition::{Assignment, Bounds, Target, Type, check as check_condition};
use crate::facts::DIRECTIVES;
use crate::overrides::{self, Language, Override, OverrideKind};
use crate::pack::read::RewriteText;
use crate::pack::rule::Rewrite;
use crate::pack::text::Text;
use crate::text::{Fault, Span, nearest};

impl Checker<'_> {
    pub(super) fn rewrites(&mut self, texts: &[RewriteText]) -> Option<Vec<Rewrite>> {
        let parsed: Vec<Option<Rewrite>> = texts.iter().map(|it| self.bounded(it)).collect();
        parsed.into_iter().collect()
    }

    fn bounded(&mut self, text: &RewriteText) -> Option<Rewrite> {
        let rewrite = self.rewrite(&text.set);
        let mut bounds = Bounds::default();
        for (word, text) in &text.bounds {
            let (slot, wanted) = match *word {
                "floor" => (&mut bounds.floor, Type::Quantity),
                "cap" => (&mut bounds.cap, Type::Quantity),
                _ => (&mut bounds.largest_divisor, Type::Int),
            };
            *slot = self.expression(text, wanted).map(|it| it.condition);
        }
        match (rewrite?, text.bounds.first()) {
            (Rewrite::Assign(mut assignment, text), _) => {
                // A bound that is left out for its faults is no matter: there will be no pack.
                assignment.bounds = bounds;
                Some(Rewrite::Assign(assignment, text))
            }
            (plain, None) => Some(plain),
            (Rewrite::Plain(..), Some((word, bound))) => {
                let message = "a plain override computes nothing that a bound could hold";
                let span = bound.location.span;
                let fault = Fault::new("hydrule::pack::bound_of_nothing", span, message);
                let fault = fault.labelled(format!("this `{word}` has nothing to hold"));
                self.blame_all(bound, fault.helped("write `set = 'key := expression'`"));
                None
            }
        }
    }

    fn rewrite(&mut self, text: &Text) -> Option<Rewrite> {
        if text.stands_in() {
            return None;
        }
        if let Some(sound) = self.trusts(text).then(|| Assignment::sound(&text.value)).flatten() {
            return Some(Rewrite::Assign(Box::new(sound), text.clone()));
        }
        let faults = match Assignment::parse(&text.value) {
            Some(Ok(assignment)) => {
                let faults = check_condition(&assignment.value, Type::Any, &self.names);
                for fault in faults {
                    self.blame(text, fault.shifted(assignment.value_offset));
                }
                if let Target::Directive(name) = &assignment.target {
                    self.check_directive(text, name);
                }
                return Some(Rewrite::Assign(Box::new(assignment), text.clone()));
            }
            Some(Err(faults)) => faults,
            None => match overrides::parse(&text.value) {
                Ok(parsed) => match self.unsaid(&parsed) {
                    None => return Some(Rewrite::Plain(Box::new(parsed), text.clone())),
                    Some(fault) => vec![fault],
                },
                Err(fault) => vec![fault],
            },
        };
        for fault in faults {
            self.blame(text, fault);
        }
        None
    }

    /// Says what a plain override does that the target's arguments have no words for.
    fn unsaid(&self, it: &Override) -> Option<Fault> {
        let what = match it {
            _ if self.manifest.arguments().language == Language::Hydra => return None,
            it if it.kind == OverrideKind::Delete => "a deletion",
            it if it.package.is_some() => "a group with a package",
            it if it.is_sweep() => "a sweep",
            _ => return None,
        };
        let message = format!("{what} is Hydra's, and OmegaConf reads the target's arguments");
        let fault = Fault::new("hydrule::pack::unsaid", Span::new(0, it.text.len()), message);
        Some(fault.labelled("such a program has no argument for this"))
    }

    fn check_directive(&mut self, text: &Text, name: &str) {
        let known = DIRECTIVES.map(|(name, ..)| name);
        if known.contains(&name) {
            return;
        }
        let start = text.value.find(name).unwrap_or_default();
        let span = Span::new(start, start + name.len());
        let message = format!("there is no directive `{name}`");
        let fault = Fault::new("hydrule::pack::unknown_directive", span, message);
        let fault = match nearest(name, known, 1).first() {
            Some(near) => fault.labelled(format!("did you mean `{near}`?")),
            None => fault.helped(format!("the directives are {}", known.join(", "))),
        };
        self.blame(text, fault);
    }
}
