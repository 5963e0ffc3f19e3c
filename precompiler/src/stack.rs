//! The deepest path of direct calls within a module, for people who choose a stack bound. Functions that call each other in a
//! circle count once each; indirect calls and calls of imports are not counted, but told about.

use crate::module::FuncIndex;
use stilt_artifact::tables::StackPath;

/// What one own function needs and calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct StackNode {
    /// Its frame in bytes.
    pub(crate) frame: u32,
    /// Own functions that it calls directly, by their place among the own functions.
    pub(crate) calls: Vec<u32>,
    /// It calls through tables.
    pub(crate) indirect: bool,
    /// It calls imports.
    pub(crate) imports: bool,
}

/// The deepest path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeepestPath {
    /// As an image records it.
    pub(crate) sum: StackPath,
    /// The functions along it, from the outermost inwards.
    pub(crate) functions: Vec<FuncIndex>,
}

/// A circle was found.
const RECURSION: u32 = 1 << 0;
const INDIRECT: u32 = 1 << 1;
const IMPORTS: u32 = 1 << 2;

/// Finds it. A circle of calls stands in the path as the sum of its members, in the order of their indexes.
pub(crate) fn deepest(nodes: &[StackNode], imported: u32) -> DeepestPath {
    let components = components(nodes);
    let mut flags = 0;
    for node in nodes {
        flags |= if node.indirect { INDIRECT } else { 0 } | if node.imports { IMPORTS } else { 0 };
    }
    // Components come callees first, so that what each one calls is known.
    let mut component_of = vec![0; nodes.len()];
    let mut best: Vec<(u64, Option<usize>)> = Vec::with_capacity(components.len());
    for (number, members) in components.iter().enumerate() {
        for member in members {
            component_of[*member] = number;
        }
        let mut deepest: (u64, Option<usize>) = (0, None);
        let mut own = 0;
        for member in members {
            own += u64::from(nodes[*member].frame);
            for callee in &nodes[*member].calls {
                let callee = *callee as usize;
                let component = component_of[callee];
                if component == number && (members.len() > 1 || callee == *member) {
                    flags |= RECURSION;
                } else if best[component].0 > deepest.0 {
                    deepest = (best[component].0, Some(component));
                }
            }
        }
        best.push((own + deepest.0, deepest.1));
    }

    let mut functions = Vec::new();
    let start = (0..best.len()).rev().max_by_key(|component| best[*component].0);
    let mut next = start;
    while let Some(component) = next {
        for member in &components[component] {
            functions.push(FuncIndex::from_u32(imported + u32::try_from(*member).unwrap_or(u32::MAX)));
        }
        next = best[component].1;
    }
    let bytes = start.map_or(0, |start| best[start].0);
    DeepestPath { sum: StackPath { bytes: u32::try_from(bytes).unwrap_or(u32::MAX), flags }, functions }
}

/// Strongly connected components, callees before callers, each in ascending order: Tarjan's algorithm without recursion, as
/// modules come with chains of a hundred thousand calls.
fn components(nodes: &[StackNode]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut number = vec![UNSEEN; nodes.len()];
    let mut low = vec![0; nodes.len()];
    let mut open = vec![false; nodes.len()];
    let mut stack = Vec::new();
    let mut found = Vec::new();
    let mut count = 0;
    for root in 0..nodes.len() {
        if number[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((node, edge)) = path.last_mut() {
            let node = *node;
            if *edge == 0 {
                number[node] = count;
                low[node] = count;
                count += 1;
                stack.push(node);
                open[node] = true;
            }
            if let Some(callee) = nodes[node].calls.get(*edge) {
                *edge += 1;
                let callee = *callee as usize;
                if number[callee] == UNSEEN {
                    path.push((callee, 0));
                } else if open[callee] {
                    low[node] = low[node].min(number[callee]);
                }
                continue;
            }
            path.pop();
            if let Some((caller, _)) = path.last() {
                low[*caller] = low[*caller].min(low[node]);
            }
            if low[node] == number[node] {
                let mut members = Vec::new();
                while let Some(member) = stack.pop() {
                    open[member] = false;
                    members.push(member);
                    if member == node {
                        break;
                    }
                }
                members.sort_unstable();
                found.push(members);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(frame: u32, calls: &[u32]) -> StackNode {
        StackNode { frame, calls: calls.to_vec(), ..StackNode::default() }
    }

    #[test]
    fn the_deeper_branch_wins() {
        let path = deepest(&[node(16, &[1, 2]), node(100, &[]), node(32, &[3]), node(80, &[])], 2);
        assert_eq!(path.sum, StackPath { bytes: 128, flags: 0 });
        assert_eq!(path.functions, [2, 4, 5].map(FuncIndex::from_u32));
    }

    #[test]
    fn circles_are_told_about() {
        let path = deepest(&[node(16, &[1]), node(32, &[2]), node(64, &[1, 3]), node(8, &[])], 0);
        assert_eq!(path.sum, StackPath { bytes: 120, flags: RECURSION });
        let own = deepest(&[node(16, &[0])], 0);
        assert_eq!(own.sum, StackPath { bytes: 16, flags: RECURSION });
    }

    #[test]
    fn long_chains_need_no_stack() {
        let mut nodes: Vec<_> = (1..200_000).map(|next| node(16, &[next])).collect();
        nodes.push(node(16, &[]));
        assert_eq!(deepest(&nodes, 0).sum.bytes, 16 * 200_000);
        assert_eq!(deepest(&[], 0).functions, []);
    }
}
