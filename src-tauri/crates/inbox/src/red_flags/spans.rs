//! Where in a text a pattern is: each part of the graph is found at most once, from the places of its parts.
//!
//! Patterns are not tried one by one: from the words that are there, the graph says which of them can be
//! ([`Graph::possible`]), and only those are looked for. Everything looks only at neighbours within a window, and keeps only the nearest few of them. So the time is linear
//! in the text, also in one that says "pain" a hundred thousand times.

use std::collections::HashMap;
use std::rc::Rc;

use super::compile::{Graph, Link, Node, NodeId};
use super::lexicon::Atom;
use super::measure::{Measure, measures};
use super::text::Prepared;

/// How many neighbours of a place are kept, on each side.
const NEIGHBOURS: usize = 4;

/// How many times fewer are much fewer.
const FEWER: usize = 8;

/// Tokens of a text: the first, and the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

pub(super) struct Finder<'a> {
    graph: &'a Graph,
    prepared: &'a Prepared,
    measures: Vec<Measure>,
    /// Places of each atom that is there.
    places: HashMap<Atom, Vec<u32>>,
    /// Which nodes may be there at all: of thousands of patterns, nearly none.
    possible: Vec<bool>,
    found: HashMap<NodeId, Rc<[Span]>>,
    at_most: HashMap<NodeId, usize>,
    nowhere: Rc<[Span]>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(graph: &'a Graph, prepared: &'a Prepared) -> Self {
        let atoms: Vec<Vec<u32>> =
            prepared.vocabulary.iter().map(|word| graph.lexicon.atoms_of(word).into_iter().collect()).collect();
        let mut places: HashMap<Atom, Vec<u32>> = HashMap::new();
        for (token, at) in prepared.tokens.iter().zip(0_u32..) {
            for atom in atoms.get(token.word as usize).into_iter().flatten() {
                places.entry(*atom).or_default().push(at);
            }
        }
        let measures = measures(prepared);
        Self {
            graph,
            prepared,
            possible: graph.possible(places.keys().copied(), !measures.is_empty()),
            measures,
            places,
            found: HashMap::new(),
            at_most: HashMap::new(),
            nowhere: Rc::new([]),
        }
    }

    /// From now on the words that these patterns cover are not seen.
    pub(super) fn cover(&mut self, patterns: &[NodeId]) {
        let mut covered = vec![false; self.prepared.tokens.len()];
        let mut any = false;
        for pattern in patterns {
            for span in self.spans(*pattern).iter() {
                any = true;
                covered[span.start as usize..span.end as usize].fill(true);
            }
        }
        if !any {
            return;
        }
        let seen = |at: &u32| covered.get(*at as usize).is_some_and(|covered| !covered);
        for places in self.places.values_mut() {
            places.retain(seen);
        }
        self.measures.retain(|measure| seen(&measure.start));
        self.found.clear();
        // `possible` and `at_most` stay: they are now perhaps too much, and never too little.
    }

    /// Where a pattern is, in the order of the text.
    pub(super) fn spans(&mut self, node: NodeId) -> Rc<[Span]> {
        if !self.may_be_there(node) {
            return Rc::clone(&self.nowhere);
        }
        if let Some(found) = self.found.get(&node) {
            return Rc::clone(found);
        }
        let found: Rc<[Span]> = if self.at_most(node) > 0 { self.look(node).into() } else { Rc::clone(&self.nowhere) };
        self.found.insert(node, Rc::clone(&found));
        found
    }

    fn may_be_there(&self, node: NodeId) -> bool {
        self.possible.get(node).copied().unwrap_or_default()
    }

    /// How often a pattern can be there at most, from how often its words are. Most patterns end here, at none.
    fn at_most(&mut self, node: NodeId) -> usize {
        if !self.may_be_there(node) {
            return 0;
        }
        if let Some(known) = self.at_most.get(&node) {
            return *known;
        }
        let graph = self.graph;
        let at_most = match graph.nodes.get(node) {
            Some(Node::Atom(atom)) => self.places.get(atom).map_or(0, Vec::len),
            Some(Node::Number(_)) => self.measures.len(),
            Some(Node::Sequence(links)) => self.rarest(links).map_or(0, |(_, at_most)| at_most),
            Some(Node::Any(nodes)) => nodes.iter().map(|node| self.at_most(*node)).sum(),
            Some(Node::Near(one, other, _)) => self.at_most(*one).min(self.at_most(*other)),
            None => 0,
        };
        self.at_most.insert(node, at_most);
        at_most
    }

    /// The part of a sequence that has to be there and is there least.
    fn rarest(&mut self, links: &[Link]) -> Option<(NodeId, usize)> {
        let needed = links.iter().filter(|link| !link.optional);
        needed.map(|link| (link.node, self.at_most(link.node))).min_by_key(|(_, at_most)| *at_most)
    }

    fn look(&mut self, node: NodeId) -> Vec<Span> {
        let graph = self.graph;
        let mut found = match graph.nodes.get(node) {
            Some(Node::Atom(atom)) => {
                let places = self.places.get(atom).map(Vec::as_slice).unwrap_or_default();
                return places.iter().map(|at| Span { start: *at, end: at + 1 }).collect();
            }
            Some(Node::Number(number)) => {
                let number = graph.numbers.get(*number);
                let is = |measure: &&Measure| number.is_some_and(|number| measure.is(number));
                self.measures.iter().filter(is).map(|measure| Span { start: measure.start, end: measure.end }).collect()
            }
            Some(Node::Any(nodes)) => nodes.iter().flat_map(|node| self.spans(*node).to_vec()).collect(),
            Some(Node::Sequence(links)) => {
                // The rarest part first: where it is nowhere, the common ones need not be looked for.
                if self.rarest(links).is_none_or(|(rarest, _)| self.spans(rarest).is_empty()) {
                    return Vec::new();
                }
                let (mut so_far, mut may_begin, mut carried) = (Vec::new(), true, 0);
                for link in links {
                    let spans = self.spans(link.node);
                    let mut next = self.follow(&so_far, &spans, link.gap.max(carried));
                    if may_begin {
                        next.extend_from_slice(&spans);
                    }
                    if link.optional {
                        next.append(&mut so_far);
                        carried = carried.max(link.gap);
                    } else {
                        may_begin = false;
                        carried = 0;
                    }
                    tidy(&mut next);
                    so_far = next;
                    if so_far.is_empty() && !may_begin {
                        break;
                    }
                }
                return so_far;
            }
            Some(Node::Near(one, other, within)) => {
                let (rarer, other) =
                    if self.at_most(*one) <= self.at_most(*other) { (*one, *other) } else { (*other, *one) };
                let one = self.spans(rarer);
                if one.is_empty() {
                    return Vec::new();
                }
                let other = self.spans(other);
                let mut found = self.follow(&one, &other, *within);
                found.extend(self.follow(&other, &one, *within));
                found.extend(inside(&one, &other));
                found.extend(inside(&other, &one));
                found
            }
            None => Vec::new(),
        };
        tidy(&mut found);
        found
    }

    /// Each of the first with the nearest of the second that follow it, at most `gap` words later. Whichever are much
    /// fewer look for the others, so that a common word costs nothing beside a rare one.
    fn follow(&self, first: &[Span], second: &[Span], gap: u32) -> Vec<Span> {
        // Fillers add no distance: without a limit of its own, a text of nothing else would be read again and again.
        let furthest = 3 * gap + 6;
        let near = |one: &Span, other: &Span| {
            one.end <= other.start && other.start - one.end <= furthest && self.distance(*one, *other) <= gap
        };
        let joined = |one: &Span, other: &Span| Span { start: one.start, end: other.end };
        let mut found = Vec::new();
        if second.len() * FEWER < first.len() {
            let longest = first.iter().map(|one| one.end - one.start).max().unwrap_or_default();
            for other in second {
                let from = first.partition_point(|one| one.start + longest + furthest < other.start);
                let to = first.partition_point(|one| one.start < other.start);
                let ones = first[from..to].iter().rev().filter(|one| near(one, other));
                found.extend(ones.take(FEWER * NEIGHBOURS).map(|one| joined(one, other)));
            }
        } else {
            let mut from = 0;
            for one in first {
                from += second[from..].iter().take_while(|other| other.start <= one.start).count();
                let others = second[from..].iter().skip_while(|other| other.start < one.end);
                found.extend(
                    others.take_while(|other| near(one, other)).take(NEIGHBOURS).map(|other| joined(one, other)),
                );
            }
        }
        found
    }

    /// Words that say something, between one span and a later one.
    pub(super) fn distance(&self, one: Span, later: Span) -> u32 {
        let token = |at: u32| self.prepared.tokens.get(at as usize);
        let before = token(later.start).map_or(0, |token| token.before);
        before.saturating_sub(token(one.end.saturating_sub(1)).map_or(0, |token| token.after))
    }

    /// The tokens of a span that a pattern asks for.
    pub(super) fn asked_for(&self, node: NodeId, span: Span) -> Vec<u32> {
        let (mut asked, mut open, mut seen) = (Vec::new(), vec![node], std::collections::HashSet::new());
        while let Some(node) = open.pop() {
            if !seen.insert(node) {
                continue;
            }
            match self.graph.nodes.get(node) {
                Some(Node::Atom(atom)) => {
                    let places = self.places.get(atom).map(Vec::as_slice).unwrap_or_default();
                    let from = places.partition_point(|at| *at < span.start);
                    asked.extend(places[from..].iter().take_while(|at| **at < span.end));
                }
                Some(Node::Number(number)) => {
                    let from = self.measures.partition_point(|measure| measure.start < span.start);
                    let near = self.measures[from..].iter().take_while(|measure| measure.end <= span.end);
                    let is =
                        |measure: &&Measure| self.graph.numbers.get(*number).is_some_and(|number| measure.is(number));
                    asked.extend(near.filter(is).flat_map(|measure| measure.start..measure.end));
                }
                Some(Node::Sequence(links)) => open.extend(links.iter().map(|link| link.node)),
                Some(Node::Any(nodes)) => open.extend(nodes),
                Some(Node::Near(one, other, _)) => open.extend([*one, *other]),
                None => {}
            }
        }
        asked.sort_unstable();
        asked.dedup();
        asked
    }
}

/// Those of the first that hold one of the second between their ends.
fn inside(outer: &[Span], inner: &[Span]) -> Vec<Span> {
    let holds = |outer: &&Span| {
        outer.end - outer.start > 2 && {
            let from = inner.partition_point(|inner| inner.start <= outer.start);
            inner[from..].iter().take(2 * NEIGHBOURS).any(|inner| inner.end < outer.end)
        }
    };
    outer.iter().filter(holds).copied().collect()
}

/// In order, none twice, and the shortest few of those with one beginning.
fn tidy(spans: &mut Vec<Span>) {
    // They come as a few ordered runs, which the stable sort merges.
    spans.sort();
    spans.dedup();
    let (mut start, mut kept) = (u32::MAX, 0);
    spans.retain(|span| {
        kept = if span.start == start { kept + 1 } else { 1 };
        start = span.start;
        kept <= NEIGHBOURS
    });
}
