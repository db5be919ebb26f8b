//! Named expressions inside an evaluation.

use super::scope::View;
use super::state::State;
use super::world::World;
use crate::condition::Trace;
use crate::pack::Pack;
use crate::text::Said;

/// Adds below every named expression how it came out, down to the keys and facts it reads.
pub fn unfold(trace: &Trace, pack: &Pack, state: &State, world: &World) -> Trace {
    let view = View::new(pack, state, world);
    unfolded(trace, pack, &view, &mut Vec::new())
}

fn unfolded(trace: &Trace, pack: &Pack, view: &View<'_>, open: &mut Vec<Said>) -> Trace {
    let mut whole = trace.clone();
    let named = trace.text.strip_prefix('$').and_then(|name| pack.lets.get_key_value(name));
    if let Some((name, expression)) = named.filter(|(name, _)| !open.contains(*name)) {
        open.push(name.clone());
        let inner = expression.condition.evaluate(view).trace;
        whole.children = vec![unfolded(&inner, pack, view, open)];
        open.pop();
        return whole;
    }
    whole.children = trace.children.iter().map(|it| unfolded(it, pack, view, open)).collect();
    whole
}
