//! The scanner: a set of rules made ready, and what it finds in a message.

use std::collections::HashSet;

use super::compile::{Compiler, Graph, NodeId, RuleProblem, Where};
use super::finding::{Findings, Match, Negation, Place, Scanned, words_for_a_row};
use super::language;
use super::pattern::{PatternProblem, Problem};
use super::rule::{Category, Rule, RuleId, RuleSet};
use super::spans::{Finder, Span};
use super::text::{self, Prepared, Token};
use crate::{private::PrivateText, work_item::Urgency};

/// Words between a match and the `unless` that drops it, at most.
const UNLESS_WITHIN: u32 = 12;

/// Words between "no" and what it may negate, at most: "no fever, no cough or chest pain".
const NEGATED_WITHIN: u32 = 5;

/// Matches of one rule in one message that are told; the level is the same for all of them.
const MATCHES_PER_RULE: usize = 8;

/// Rules made ready to scan with. The same text gives the same findings on every machine.
#[derive(Clone, Debug)]
pub struct Scanner {
    version: String,
    graph: Graph,
    rules: Vec<Ready>,
    fillers: HashSet<String>,
    idioms: Vec<NodeId>,
    negators: Vec<NodeId>,
}

/// A rule made ready.
#[derive(Clone, Debug)]
struct Ready {
    id: RuleId,
    version: u32,
    category: Category,
    level: Urgency,
    patterns: Vec<NodeId>,
    unless: Vec<NodeId>,
    unless_anywhere: Vec<NodeId>,
}

impl Scanner {
    /// Makes a set ready.
    ///
    /// # Errors
    /// Every pattern that cannot be read. Whoever has a former set goes on with it; whoever has none takes
    /// [`Scanner::of_what_can_be_read`].
    pub fn new(set: &RuleSet) -> Result<Self, Vec<RuleProblem>> {
        let (scanner, problems) = Self::of_what_can_be_read(set);
        if problems.is_empty() { Ok(scanner) } else { Err(problems) }
    }

    /// Makes ready what can be read of a set, and tells what cannot. A broken pattern takes nothing with it but itself,
    /// save one that narrows: its rule then matches more, never less.
    pub fn of_what_can_be_read(set: &RuleSet) -> (Self, Vec<RuleProblem>) {
        let mut compiler = Compiler::new(set);
        let idioms = compiler.patterns(&Where::Idioms, &set.idioms);
        let negators = compiler.patterns(&Where::Negators, &set.negators);
        let mut rules: Vec<Ready> = Vec::with_capacity(set.rules.len());
        let mut known: HashSet<&RuleId> = HashSet::new();
        for rule in &set.rules {
            if !known.insert(&rule.id) {
                let problem = PatternProblem { position: 0, problem: Problem::SecondRule };
                let place = Where::Rule(rule.id.clone());
                compiler.problems.push(RuleProblem { place, pattern: String::new(), problem });
            }
            rules.push(ready(&mut compiler, rule));
        }
        let fillers = set.fillers.iter().flat_map(|filler| text::words_of(filler)).collect();
        let (graph, problems) = compiler.finish();
        (Self { version: set.version.clone(), graph, rules, fillers, idioms, negators }, problems)
    }

    /// Version of the set whose rules these are.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Everything that the rules find in a message.
    pub fn scan(&self, scanned: &Scanned<'_>) -> Findings {
        let prepared = text::prepare(scanned, &self.fillers);
        let mut finder = Finder::new(&self.graph, &prepared);
        finder.cover(&self.idioms);
        let negators = union(&mut finder, &self.negators);
        let mut matches: Vec<(Span, Match)> = Vec::new();
        for rule in &self.rules {
            for (pattern, span) in rule.matches(&mut finder, &prepared) {
                let asked = finder.asked_for(pattern, span);
                let negation = negation(&finder, &prepared, &negators, span, &asked);
                matches.push((span, rule.told(scanned, &prepared, span, &asked, negation)));
            }
        }
        matches.sort_by(|(one_span, one), (other_span, other)| {
            other.level.cmp(&one.level).then(one_span.cmp(other_span)).then_with(|| one.rule.cmp(&other.rule))
        });
        Findings {
            set_version: self.version.clone(),
            matches: matches.into_iter().map(|(_, found)| found).collect(),
            scan: language::known(&prepared, scanned.language),
        }
    }
}

fn ready(compiler: &mut Compiler<'_>, rule: &Rule) -> Ready {
    let place = Where::Rule(rule.id.clone());
    Ready {
        id: rule.id.clone(),
        version: rule.version,
        category: rule.category,
        // Urgent words alone never raise to more than the same day, whatever the rule asks for.
        level: rule.raise_to.min(rule.category.ceiling()),
        patterns: compiler.patterns(&place, &rule.patterns),
        unless: compiler.patterns(&place, &rule.unless),
        unless_anywhere: compiler.patterns(&place, &rule.unless_anywhere),
    }
}

fn union(finder: &mut Finder<'_>, patterns: &[NodeId]) -> Vec<Span> {
    let mut all: Vec<Span> = patterns.iter().flat_map(|pattern| finder.spans(*pattern).to_vec()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Ready {
    /// Where the rule matches and nothing narrows it: the shortest of those that overlap.
    fn matches(&self, finder: &mut Finder<'_>, prepared: &Prepared) -> Vec<(NodeId, Span)> {
        let mut found: Vec<(NodeId, Span)> = Vec::new();
        for pattern in &self.patterns {
            found.extend(finder.spans(*pattern).iter().map(|span| (*pattern, *span)));
        }
        if found.is_empty() || self.unless_anywhere.iter().any(|unless| !finder.spans(*unless).is_empty()) {
            return Vec::new();
        }
        found.sort_by_key(|(_, span)| *span);
        let unless = union(finder, &self.unless);
        let mut kept: Vec<(NodeId, Span)> = Vec::new();
        for (pattern, span) in found {
            if kept.last().is_some_and(|(_, last)| span.start < last.end) || narrowed(finder, prepared, &unless, span) {
                continue;
            }
            kept.push((pattern, span));
            if kept.len() == MATCHES_PER_RULE {
                break;
            }
        }
        kept
    }

    fn told(&self, scanned: &Scanned<'_>, prepared: &Prepared, span: Span, asked: &[u32], negation: Negation) -> Match {
        let tokens: Vec<&Token> = asked.iter().filter_map(|at| prepared.tokens.get(*at as usize)).collect();
        let words = self.category.words_may_be_shown().then(|| {
            let pieces: Vec<&str> =
                tokens.iter().filter_map(|token| scanned.part(token.part).get(token.start..token.end)).collect();
            let whole = prepared.tokens.get(span.start as usize..span.end as usize).and_then(|tokens| {
                let (first, last) = (tokens.first()?, tokens.last()?);
                scanned.part(first.part).get(first.start..last.end).filter(|_| first.part == last.part)
            });
            PrivateText::new(words_for_a_row(&pieces, whole.unwrap_or(&pieces.join(" "))))
        });
        let places = tokens
            .iter()
            .filter(|token| token.start < token.end)
            .map(|token| Place { part: token.part, bytes: token.start..token.end })
            .collect();
        Match {
            rule: self.id.clone(),
            version: self.version,
            category: self.category,
            level: self.level,
            words,
            negation,
            places,
        }
    }
}

/// Sentences of the first and the last word.
fn sentences(prepared: &Prepared, span: Span) -> (u32, u32) {
    let sentence = |token: u32| prepared.tokens.get(token as usize).map_or(0, |token| token.sentence);
    (sentence(span.start), sentence(span.end.saturating_sub(1)))
}

/// Whether one of `unless` stands in the match's sentence, near it or in it.
fn narrowed(finder: &Finder<'_>, prepared: &Prepared, unless: &[Span], span: Span) -> bool {
    let (first, last) = sentences(prepared, span);
    // Spans are short: what begins further back than this ends too far away.
    let reach = 4 * UNLESS_WITHIN + 80;
    let from = unless.partition_point(|other| other.start + reach < span.start);
    unless[from..].iter().take_while(|other| other.start <= span.end + reach).any(|other| {
        let (begins, ends) = sentences(prepared, *other);
        begins <= last && ends >= first && {
            let apart =
                if other.start >= span.end { finder.distance(span, *other) } else { finder.distance(*other, span) };
            other.start < span.end && span.start < other.end || apart <= UNLESS_WITHIN
        }
    })
}

/// Whether a negator stands shortly before the match in its sentence, or in it without being asked for.
fn negation(finder: &Finder<'_>, prepared: &Prepared, negators: &[Span], span: Span, asked: &[u32]) -> Negation {
    let (first, _) = sentences(prepared, span);
    let reach = 4 * NEGATED_WITHIN + 20;
    let from = negators.partition_point(|negator| negator.start + reach < span.start);
    let near = negators[from..].iter().take_while(|negator| negator.start < span.end);
    let may_be = |negator: &Span| {
        if negator.end <= span.start {
            sentences(prepared, *negator).1 == first && finder.distance(*negator, span) <= NEGATED_WITHIN
        } else {
            (negator.start..negator.end).all(|token| asked.binary_search(&token).is_err())
        }
    };
    if near.into_iter().any(may_be) { Negation::Possible } else { Negation::None }
}
