//! What a project lays over the packs that it uses.

use std::collections::BTreeSet;

use super::claim::Claim;
use super::manifest::{BreachText, ExtendEntry, Manifest, ParameterEntry, RequirementEntry};
use super::read::ready;
use super::text::Text;
use crate::text::{Fault, Level, Location, nearest};
use crate::value::Value;

/// The invariant that `max_gpus` bounds.
const GPUS: &str = "gpus";

/// The named expression that `host_memory` bounds.
pub const HOST_MEMORY: &str = "host_memory";

/// What a project says of the rules that it uses.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Values of parameters.
    pub parameters: Vec<(Text, Value)>,
    /// What is switched off, and why.
    pub off: Vec<(Text, Text)>,
    /// Programs and folders, and the pack that each is of.
    pub launches: Vec<(Claim, Text)>,
    /// What the cluster has.
    pub cluster: Cluster,
    /// The packs of the project: an entry may be for any of them. None for those that ship.
    pub others: Vec<ExtendEntry>,
}

impl Overlay {
    /// Lists where its entries stand.
    pub(super) fn places(&self) -> impl Iterator<Item = &Location> {
        let parameters = self.parameters.iter().map(|(name, _)| &name.location);
        let named = self.off.iter().map(|(id, _)| &id.location);
        let launches = self.launches.iter().map(|(_, pack)| &pack.location);
        let limits = self.cluster.max_gpus.iter().chain(&self.cluster.host_memory);
        parameters.chain(named).chain(launches).chain(limits.map(|it| &it.location))
    }
}

/// What a cluster has, as its jobs are bound to it.
#[derive(Debug, Clone, Default)]
pub struct Cluster {
    /// GPUs that one job may have.
    pub max_gpus: Option<Text>,
    /// Memory of one node, a quantity such as `512GiB`.
    pub host_memory: Option<Text>,
}

impl Cluster {
    /// What must hold of a pack's jobs.
    fn bounds(&self, pack: &Manifest) -> Vec<RequirementEntry> {
        let gpus = pack.invariants.iter().find(|it| it.id.value == GPUS);
        let gpus = self.max_gpus.iter().zip(gpus).map(|(limit, it)| {
            let message = "the job takes {it} GPUs, the cluster has {limit} ({at})";
            bound("cluster-gpus", it.value.as_str(), limit, message)
        });
        let memory = pack.lets.iter().any(|(name, _)| name.value == HOST_MEMORY);
        let asked =
            "Slurm is asked for {it} of memory in each node, the cluster's have {limit} ({at})";
        let needed =
            "the job needs {it} of host memory in each node, the cluster's have {limit} ({at})";
        let memory = self.host_memory.iter().flat_map(|limit| {
            let asked = bound("cluster-slurm-memory", "$sbatch.mem", limit, asked);
            let name = format!("${HOST_MEMORY}");
            let needed = memory.then(|| bound("cluster-host-memory", &name, limit, needed));
            [Some(asked), needed].into_iter().flatten()
        });
        gpus.chain(memory).collect()
    }
}

/// A requirement that a quantity is at most a limit.
fn bound(id: &str, quantity: &str, limit: &Text, message: &str) -> RequirementEntry {
    let quantity = match quantity.contains(' ') {
        true => format!("({quantity})"),
        false => quantity.to_owned(),
    };
    let message = message
        .replace("{it}", &format!("{{{quantity}}}"))
        .replace("{limit}", &format!("{{{}}}", limit.as_str()))
        .replace("{at}", &limit.location.to_string());
    let say = |text: &str| limit.saying(text.to_owned());
    RequirementEntry {
        location: limit.location.clone(),
        id: say(id),
        versions: None,
        when: None,
        holds: say(&format!("{quantity} <= {}", limit.as_str())),
        limits: Some(say(&quantity)),
        level: Level::Error,
        page: None,
        breach: ready(Box::new(BreachText {
            fails_at: say("the queue: the cluster has no more"),
            message: say(&message),
            repair: Vec::new(),
            source: Some(say(&limit.location.to_string())),
        })),
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
        for (claim, pack) in &overlay.launches {
            let knows = |it: &Self| it.name.as_ref().is_some_and(|it| it.value == pack.value);
            if knows(&self) {
                own.claims.push(claim.clone());
            } else if !elsewhere(&knows) {
                own.fail_pack(pack, &self, &others());
            }
        }
        own.requirements = overlay.cluster.bounds(&self);
        own.over(self)
    }

    fn fail_pack(&mut self, named: &Text, pack: &Self, others: &[Self]) {
        let message = format!("the project has no pack `{}`", named.value);
        let fault = Fault::new("hydrule::project::launches", named.location.span, message);
        let all = others.iter().chain([pack]).filter_map(|it| it.name.as_ref());
        let known: BTreeSet<&str> = all.map(Text::as_str).collect();
        let fault = match nearest(&named.value, known.iter().copied(), 1).first() {
            Some(near) => fault.labelled(format!("did you mean `{near}`?")),
            None => {
                let names: Vec<&str> = known.into_iter().collect();
                fault.labelled("no such pack").helped(format!("there are {}", names.join(", ")))
            }
        };
        self.faults.push((named.location.source.clone(), fault));
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
        let known: Vec<&str> = pack.parameters.iter().map(|it| it.name.as_str()).collect();
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
