//! Numbers in a text, with what they measure.

use std::ops::RangeInclusive;

use super::pattern::{MG_PER_DL, Number, Quantity, celsius};
use super::text::{self, Prepared, Token};

/// A number of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measure {
    /// First token.
    pub(super) start: u32,
    /// Token after the last.
    pub(super) end: u32,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Bare(f64),
    Celsius(f64),
    MgPerDl(f64),
    Pressure { systolic: f64, diastolic: f64 },
}

/// What a thermometer for people shows, in degrees Celsius.
const CELSIUS: RangeInclusive<f64> = 30.0..=44.0;

/// The same, in degrees Fahrenheit.
const FAHRENHEIT: RangeInclusive<f64> = 86.0..=111.0;

/// Units of other things: a number before one of them is no temperature and no sugar.
const OTHER_UNITS: &[&str] = &[
    "mg", "mcg", "ug", "g", "gram", "grams", "kg", "kilo", "kilos", "lb", "lbs", "pound", "pounds", "oz", "ml", "cc",
    "cm", "mm", "meg", "mgs", "iu", "%", "$", "percent", "dollars", "am", "pm", "euros", "st", "nd", "rd", "th",
    "unite", "unites", "unit", "units", "km", "miles", "meters", "metres",
];

/// Finds the numbers of a text, in its order.
pub(super) fn measures(prepared: &Prepared) -> Vec<Measure> {
    let numbers: Vec<Option<f64>> = prepared.vocabulary.iter().map(|word| text::number(&word.form)).collect();
    let form = |token: Option<&Token>| {
        token.and_then(|token| prepared.vocabulary.get(token.word as usize)).map_or("", |word| word.form.as_str())
    };
    let value_of = |token: Option<&Token>| token.and_then(|token| numbers.get(token.word as usize).copied().flatten());
    let tokens = &prepared.tokens;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(value) = value_of(Some(token)) else { continue };
        let next = form(tokens.get(at + 1));
        let over = matches!(next, "over" | "sur" | "on");
        let lower = at + if over { 2 } else { 1 };
        if let Some(diastolic) = value_of(tokens.get(lower)) {
            let divided = over || tokens.get(lower).is_some_and(|token| token.after_slash);
            if divided && (60.0..=320.0).contains(&value) && (30.0..=220.0).contains(&diastolic) && diastolic < value {
                push(&mut found, at, lower, Value::Pressure { systolic: value, diastolic });
                continue;
            }
        }
        let after = form(tokens.get(at + 2));
        let (words, value) = match (next, after) {
            // "en 2022, c'est": a letter is a unit only behind a number that a thermometer shows.
            ("f" | "fahrenheit" | "farenheit", _) if FAHRENHEIT.contains(&value) => (2, Value::Celsius(celsius(value))),
            ("c" | "celsius" | "celcius", _) if CELSIUS.contains(&value) => (2, Value::Celsius(value)),
            ("degree" | "degrees" | "deg" | "degre" | "degres", "f" | "fahrenheit" | "farenheit") => {
                (3, Value::Celsius(celsius(value)))
            }
            ("degree" | "degrees" | "deg" | "degre" | "degres", "c" | "celsius" | "celcius") => {
                (3, Value::Celsius(value))
            }
            ("degree" | "degrees" | "deg" | "degre" | "degres", _) if CELSIUS.contains(&value) => {
                (2, Value::Celsius(value))
            }
            ("degree" | "degrees" | "deg" | "degre" | "degres", _) if FAHRENHEIT.contains(&value) => {
                (2, Value::Celsius(celsius(value)))
            }
            ("mg", "dl") => (3, Value::MgPerDl(value)),
            ("mmol", "l") => (3, Value::MgPerDl(value * MG_PER_DL)),
            ("mmol" | "mmols", _) => (2, Value::MgPerDl(value * MG_PER_DL)),
            (unit, _) if OTHER_UNITS.contains(&unit) => continue,
            _ if form(at.checked_sub(1).and_then(|before| tokens.get(before))) == "$" => continue,
            _ => (1, Value::Bare(value)),
        };
        push(&mut found, at, at + words - 1, value);
    }
    found
}

fn push(found: &mut Vec<Measure>, first: usize, last: usize, value: Value) {
    if let (Ok(start), Ok(end)) = (u32::try_from(first), u32::try_from(last + 1)) {
        found.push(Measure { start, end, value });
    }
}

impl Measure {
    /// Whether it lies within the limits.
    pub(super) fn is(&self, number: &Number) -> bool {
        // 104 °F is 40.0 °C, and no rounding may say otherwise.
        let within = |value: f64| value >= number.least - 1e-6 && value <= number.most + 1e-6;
        match (number.quantity, self.value) {
            (Quantity::Bare, Value::Bare(value))
            | (Quantity::Temperature, Value::Celsius(value))
            | (Quantity::Glucose, Value::MgPerDl(value)) => within(value),
            (Quantity::Pressure { diastolic: least }, Value::Pressure { systolic, diastolic }) => {
                within(systolic) || diastolic >= least
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::finding::Scanned;
    use super::super::pattern::{Pattern, parse};
    use super::*;

    #[track_caller]
    fn holds(pattern: &str, body: &str) -> bool {
        let Ok(Pattern::Number(number)) = parse(pattern) else { panic!("{pattern} is a number") };
        measures(&text::prepare(&Scanned { body, ..Scanned::default() }, &HashSet::new())).iter().any(|m| m.is(&number))
    }

    #[test]
    fn units_are_converted_and_foreign_ones_left_out() {
        for text in
            ["104F", "104 \u{b0}F", "40\u{b0}C", "40,0 C", "104 degrees", "40.5 celsius", "40\u{ba}C", "40 \u{2103}"]
        {
            assert!(holds("<40.. C>", text), "{text}");
            assert!(holds("<104.. F>", text), "{text}");
        }
        for text in ["39.9C", "103.9 F", "104 lbs", "104", "104 mg", "350 degrees", "en 2022, c'est"] {
            assert!(!holds("<40.. C>", text), "{text}");
        }
        for text in ["3.0 mmol/L", "3 mmol", "48 mg/dl", "2,9 mmol/l"] {
            assert!(holds("<..54.1 mg/dL>", text), "{text}");
        }
        assert!(holds("<22.. mmol/L>", "it says 401 mg/dL"));
        assert!(holds("<104..110>", "temp is 104 now"));
        for text in ["104%", "$104", "104 lb", "104th", "104mg"] {
            assert!(!holds("<104..110>", text), "{text}");
        }
    }

    #[test]
    fn a_pressure_is_two_numbers() {
        for text in ["185/95", "185 / 95", "185 over 95", "150/121", "185 sur 95"] {
            assert!(holds("<180/120..>", text), "{text}");
        }
        for text in ["179/119", "11/22", "180", "120 over 80", "24/7"] {
            assert!(!holds("<180/120..>", text), "{text}");
        }
    }
}
