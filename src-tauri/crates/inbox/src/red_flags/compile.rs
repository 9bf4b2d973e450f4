//! From patterns to a graph in which every part stands once, however many rules ask for it.

use std::collections::HashMap;

use super::lexicon::{Atom, Lexicon};
use super::pattern::{Number, Pattern, PatternProblem, Problem, parse};
use super::rule::{RuleId, RuleSet};

/// A pattern that cannot be used. Everything else of its set can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: `{pattern}`: {problem}")]
pub struct RuleProblem {
    /// Where in the set.
    pub place: Where,
    /// The pattern as written.
    pub pattern: String,
    /// What is wrong, and where in the pattern.
    pub problem: PatternProblem,
}

/// A place in a set of rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Where {
    /// A rule's patterns or narrowings.
    Rule(RuleId),
    /// A named list.
    Concept(String),
    /// The set's idioms.
    Idioms,
    /// The set's negators.
    Negators,
}

impl std::fmt::Display for Where {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rule(id) => write!(f, "rule {id}"),
            Self::Concept(name) => write!(f, "list {name}"),
            Self::Idioms => f.write_str("idioms"),
            Self::Negators => f.write_str("negators"),
        }
    }
}

/// Number of a node.
pub(super) type NodeId = usize;

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    /// A word.
    Atom(Atom),
    /// A number with limits, by its place in the graph's list.
    Number(usize),
    /// One after the other.
    Sequence(Vec<Link>),
    /// Any of these.
    Any(Vec<NodeId>),
    /// Both, with at most so many words between.
    Near(NodeId, NodeId, u32),
}

/// A part of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Link {
    pub(super) gap: u32,
    pub(super) node: NodeId,
    pub(super) optional: bool,
}

/// All patterns of a set.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) numbers: Vec<Number>,
    pub(super) lexicon: Lexicon,
    upward: Upward,
}

/// The graph from its words up: what can be in a text that has certain words, without a look at all the rest.
#[derive(Clone, Debug, Default)]
struct Upward {
    /// Of each node, how many of its parts have to be there; none of those of one that never is.
    needs: Vec<Option<u32>>,
    /// Of each node, the nodes that need it, once for each time that they do.
    needed_by: Vec<Vec<NodeId>>,
    /// The node of each atom.
    atoms: HashMap<Atom, NodeId>,
    /// The nodes of numbers.
    numbers: Vec<NodeId>,
}

impl Upward {
    fn of(nodes: &[Node]) -> Self {
        let mut upward = Self { needed_by: vec![Vec::new(); nodes.len()], ..Self::default() };
        for (id, node) in nodes.iter().enumerate() {
            let (needs, parts): (u32, Vec<NodeId>) = match node {
                Node::Atom(atom) => {
                    upward.atoms.insert(*atom, id);
                    (1, Vec::new())
                }
                Node::Number(_) => {
                    upward.numbers.push(id);
                    (1, Vec::new())
                }
                Node::Any(nodes) => (1, nodes.clone()),
                Node::Near(one, other, _) => (2, vec![*one, *other]),
                Node::Sequence(links) => {
                    let needed: Vec<NodeId> =
                        links.iter().filter(|link| !link.optional).map(|link| link.node).collect();
                    (u32::try_from(needed.len()).unwrap_or(u32::MAX), needed)
                }
            };
            // A sequence of which nothing has to be there is nowhere.
            upward.needs.push((needs > 0).then_some(needs));
            for part in parts {
                if let Some(needed_by) = upward.needed_by.get_mut(part) {
                    needed_by.push(id);
                }
            }
        }
        upward
    }
}

impl Graph {
    /// Which nodes can be in a text with these atoms, and with a number or without one. Whatever is not among them is
    /// nowhere in it; what is, may be. Takes as long as there are such nodes, however many the graph has.
    pub(super) fn possible(&self, atoms: impl IntoIterator<Item = Atom>, has_number: bool) -> Vec<bool> {
        let mut possible = vec![false; self.nodes.len()];
        let mut missing = self.upward.needs.clone();
        let words = atoms.into_iter().filter_map(|atom| self.upward.atoms.get(&atom).copied());
        let mut open: Vec<NodeId> = words.collect();
        if has_number {
            open.extend(&self.upward.numbers);
        }
        while let Some(node) = open.pop() {
            match possible.get_mut(node) {
                Some(known) if !*known => *known = true,
                _ => continue,
            }
            for above in self.upward.needed_by.get(node).into_iter().flatten() {
                if let Some(Some(missing)) = missing.get_mut(*above) {
                    *missing = missing.saturating_sub(1);
                    if *missing == 0 {
                        open.push(*above);
                    }
                }
            }
        }
        possible
    }
}

/// Reads the patterns of a set into a graph; what cannot be read is left out and told.
pub(super) struct Compiler<'s> {
    pub(super) graph: Graph,
    pub(super) problems: Vec<RuleProblem>,
    known: HashMap<Node, NodeId>,
    written: HashMap<&'s str, Vec<&'s str>>,
    lists: HashMap<String, List>,
}

/// How far a named list is read.
#[derive(Clone, Copy)]
enum List {
    Open,
    Read(NodeId),
    Empty,
}

impl<'s> Compiler<'s> {
    pub(super) fn new(set: &'s RuleSet) -> Self {
        let mut written: HashMap<&str, Vec<&str>> = HashMap::new();
        for concept in &set.concepts {
            written.entry(&concept.name).or_default().extend(concept.words.iter().map(String::as_str));
        }
        let mut compiler = Self {
            graph: Graph::default(),
            problems: Vec::new(),
            known: HashMap::new(),
            written,
            lists: HashMap::new(),
        };
        // Lists that nothing asks for are read too: a slip in them is told before the day they are used.
        for concept in &set.concepts {
            compiler.list(&concept.name);
        }
        compiler
    }

    /// The graph, and what could not be read.
    pub(super) fn finish(mut self) -> (Graph, Vec<RuleProblem>) {
        self.graph.upward = Upward::of(&self.graph.nodes);
        (self.graph, self.problems)
    }

    /// The nodes of those patterns that can be read.
    pub(super) fn patterns(&mut self, place: &Where, patterns: &[String]) -> Vec<NodeId> {
        patterns.iter().filter_map(|pattern| self.pattern(place, pattern)).collect()
    }

    fn pattern(&mut self, place: &Where, written: &str) -> Option<NodeId> {
        match parse(written).and_then(|pattern| self.node(&pattern)) {
            Ok(node) => Some(node),
            Err(problem) => {
                self.problems.push(RuleProblem { place: place.clone(), pattern: written.to_owned(), problem });
                None
            }
        }
    }

    /// The list of a name, if there is one with anything in it.
    fn list(&mut self, name: &str) -> Option<List> {
        if let Some(list) = self.lists.get(name) {
            return Some(*list);
        }
        let patterns = self.written.get(name)?.clone();
        self.lists.insert(name.to_owned(), List::Open);
        let place = Where::Concept(name.to_owned());
        let nodes: Vec<NodeId> = patterns.iter().filter_map(|pattern| self.pattern(&place, pattern)).collect();
        let list = if nodes.is_empty() { List::Empty } else { List::Read(self.any(nodes)) };
        self.lists.insert(name.to_owned(), list);
        Some(list)
    }

    fn node(&mut self, pattern: &Pattern) -> Result<NodeId, PatternProblem> {
        let node = match pattern {
            Pattern::Word(form) => Node::Atom(self.graph.lexicon.word(form)),
            Pattern::Prefix(form) => Node::Atom(self.graph.lexicon.beginning(form)),
            Pattern::Slip(form) => Node::Atom(self.graph.lexicon.slip(form)),
            Pattern::Number(number) => {
                let at = self.graph.numbers.iter().position(|known| known == number);
                Node::Number(at.unwrap_or_else(|| {
                    self.graph.numbers.push(*number);
                    self.graph.numbers.len() - 1
                }))
            }
            Pattern::Concept { name, position } => {
                let problem = match self.list(name) {
                    Some(List::Read(node)) => return Ok(node),
                    Some(List::Open) => Problem::Circular(name.clone()),
                    Some(List::Empty) | None => Problem::NoSuchConcept(name.clone()),
                };
                return Err(PatternProblem { position: *position, problem });
            }
            Pattern::Sequence(steps) => {
                let link = |compiler: &mut Self, step: &super::pattern::Step| {
                    Ok(Link { gap: step.gap, node: compiler.node(&step.pattern)?, optional: step.optional })
                };
                Node::Sequence(steps.iter().map(|step| link(self, step)).collect::<Result<_, _>>()?)
            }
            Pattern::Any(patterns) => {
                let nodes = patterns.iter().map(|pattern| self.node(pattern)).collect::<Result<_, _>>()?;
                return Ok(self.any(nodes));
            }
            Pattern::Near { one, other, within } => Node::Near(self.node(one)?, self.node(other)?, *within),
        };
        Ok(self.enter(node))
    }

    fn any(&mut self, mut nodes: Vec<NodeId>) -> NodeId {
        nodes.sort_unstable();
        nodes.dedup();
        match nodes.as_slice() {
            [only] => *only,
            _ => self.enter(Node::Any(nodes)),
        }
    }

    fn enter(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.known.get(&node) {
            return *id;
        }
        let id = self.graph.nodes.len();
        self.graph.nodes.push(node.clone());
        self.known.insert(node, id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::red_flags::text;

    /// Whether a pattern can be in a text of these words.
    fn can_be(pattern: &str, words: &str) -> bool {
        let set = RuleSet::default();
        let mut compiler = Compiler::new(&set);
        let nodes = compiler.patterns(&Where::Idioms, &[pattern.to_owned()]);
        let (graph, problems) = compiler.finish();
        assert_eq!((nodes.len(), problems.len()), (1, 0), "{pattern}");
        let words = text::words_of(words).into_iter().map(|form| text::Word { form, unstretched: None });
        let atoms: Vec<Atom> = words.flat_map(|word| graph.lexicon.atoms_of(&word)).collect();
        graph.possible(atoms, false)[nodes[0]]
    }

    #[test]
    fn what_can_be_there_is_all_of_a_sequence_and_any_of_a_choice() {
        for (pattern, words, expected) in [
            ("chest pain", "pain in my chest", true),
            ("chest pain", "chest", false),
            ("(chest | heart) pain", "heart pain", true),
            ("(chest | heart) pain", "chest heart", false),
            ("pain pain", "pain", true),
            ("can't [even] breathe", "I cannot, can't breathe", true),
            ("chest & heavy", "heavy on the chest", true),
            ("chest & heavy", "heavy", false),
            ("chest", "nothing of it", false),
        ] {
            assert_eq!(can_be(pattern, words), expected, "{pattern}: {words}");
        }
    }
}
