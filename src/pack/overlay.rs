//! What a project lays over the packs that it uses.

use super::manifest::{ExtendEntry, Manifest, ParameterEntry};
use super::read::Text;
use crate::text::{Fault, Location, nearest};
use crate::value::Value;

/// What a project says of the rules that it uses.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Values of parameters.
    pub parameters: Vec<(Text, Value)>,
    /// What is switched off, and why.
    pub off: Vec<(Text, Text)>,
    /// The packs of the project: an entry may be for any of them. None for those that ship.
    pub others: Vec<ExtendEntry>,
}

impl Overlay {
    /// Lists where its entries stand.
    pub(super) fn places(&self) -> impl Iterator<Item = &Location> {
        let parameters = self.parameters.iter().map(|(name, _)| &name.location);
        parameters.chain(self.off.iter().map(|(id, _)| &id.location))
    }
}

impl Manifest {
    /// Lays what a project says over a pack, as a pack that extends it would. What only another pack
    /// of the project knows is left out.
    pub(super) fn under(self, overlay: &Overlay, others: &dyn Fn() -> Vec<Self>) -> Self {
        let mut own = Self {
            name: self.name.clone(),
            version: self.version.clone(),
            description: self.description.clone(),
            ..Self::default()
        };
        let mut rest: Option<Vec<Self>> = None;
        let mut elsewhere =
            |knows: &dyn Fn(&Self) -> bool| rest.get_or_insert_with(others).iter().any(knows);
        for (id, reason) in &overlay.off {
            let knows = |it: &Self| it.knows_rule(id.as_str());
            if knows(&self) || !elsewhere(&knows) {
                own.off.push((id.clone(), reason.clone()));
            }
        }
        for (name, value) in &overlay.parameters {
            let knows = |it: &Self| it.knows_parameter(name.as_str());
            if knows(&self) {
                own.parameters.push(ParameterEntry {
                    location: name.location.clone(),
                    name: name.clone(),
                    default: Some(value.clone()),
                    help: None,
                });
            } else if !self.is_open() && !elsewhere(&knows) {
                own.fail_parameter(name, &self);
            }
        }
        own.over(self)
    }

    fn knows_rule(&self, id: &str) -> bool {
        self.ids().contains(&id) || self.switched_off.iter().any(|it| it.id == id)
    }

    fn knows_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|it| it.name.value == name)
    }

    fn fail_parameter(&mut self, name: &Text, pack: &Self) {
        let title = pack.name.as_ref().map_or("", Text::as_str);
        let message = format!("the pack `{title}` has no parameter `{}`", name.value);
        let span = name.location.span;
        let fault = Fault::new("hydrule::project::parameter", span, message);
        let known: Vec<&str> = pack.parameters.iter().map(|it| it.name.value.as_str()).collect();
        let fault = match nearest(&name.value, known.iter().copied(), 1).first() {
            Some(near) => fault.labelled(format!("did you mean `{near}`?")),
            None => {
                let names = format!("its parameters are {}", known.join(", "));
                fault.labelled("no such parameter").helped(names)
            }
        };
        self.faults.push((name.location.source.clone(), fault));
    }
}
