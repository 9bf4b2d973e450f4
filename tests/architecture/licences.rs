//! Licences, from `cargo metadata`, so that nobody needs cargo-deny to be stopped.

use cargo_metadata::Package;

use crate::{metadata, none};

/// Licences that may be in the program; deny.toml says the same with reasons.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];
/// Further ones, for one package each.
const LICENCE_EXCEPTIONS: &[(&str, &[&str])] =
    &[("webpki-root-certs", &["CDLA-Permissive-2.0"]), ("sqlcipher-src", &["blessing", "WTFPL"])];

#[test]
fn every_licence_is_one_we_may_pass_on() {
    let refused = |package: &Package| -> Option<String> {
        let own =
            LICENCE_EXCEPTIONS.iter().find(|(name, _)| *name == package.name.as_str()).map_or(&[][..], |(_, l)| l);
        let Some(expression) = &package.license else { return Some(format!("{} names none", package.name)) };
        let allowed = |licence: &str| LICENCES.contains(&licence) || own.contains(&licence);
        (!permits(expression, &allowed)).then(|| format!("{} {}: {expression}", package.name, package.version))
    };
    none("see deny.toml", metadata().packages.iter().filter_map(refused));
}

/// Whether an SPDX licence expression (or its older form with slashes) can be met with allowed licences alone.
fn permits(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    fn either<'a>(mut words: &'a [&'a str], allowed: &dyn Fn(&str) -> bool) -> (bool, &'a [&'a str]) {
        let (mut met, mut rest) = both(words, allowed);
        while let ["OR", after @ ..] = rest {
            words = after;
            let (other, further) = both(words, allowed);
            (met, rest) = (met | other, further);
        }
        (met, rest)
    }
    fn both<'a>(words: &'a [&'a str], allowed: &dyn Fn(&str) -> bool) -> (bool, &'a [&'a str]) {
        let (mut met, mut rest) = one(words, allowed);
        while let ["AND", after @ ..] = rest {
            let (other, further) = one(after, allowed);
            (met, rest) = (met & other, further);
        }
        (met, rest)
    }
    fn one<'a>(words: &'a [&'a str], allowed: &dyn Fn(&str) -> bool) -> (bool, &'a [&'a str]) {
        match words {
            ["(", inner @ ..] => {
                let (met, rest) = either(inner, allowed);
                (met, rest.get(1..).unwrap_or_default())
            }
            [licence, "WITH", exception, rest @ ..] => (allowed(&format!("{licence} WITH {exception}")), rest),
            [licence, rest @ ..] => (allowed(licence), rest),
            [] => (false, &[]),
        }
    }
    either(&words, allowed).0
}

#[test]
fn licence_expressions_are_read_as_written() {
    let allowed = |licence: &str| ["MIT", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("GPL-2.0/MIT", true),
        ("(GPL-3.0 OR MIT) AND MIT", true),
        ("MIT AND (GPL-3.0 OR ISC)", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("MIT OR GPL-3.0 AND ISC", true),
        ("", false),
    ] {
        assert_eq!(permits(expression, &allowed), met, "{expression}");
    }
}
