//! Tags and entities, one at a time, so that every character still knows its bytes in the original.
//!
//! Only what is surely markup is taken out: the names of HTML's elements. "<chest pain>" is somebody's emphasis and
//! stays, and nothing *between* tags is dropped, not even a style sheet: a closing tag that is missing must not hide
//! a symptom.

/// Elements inside a line: a word goes on across them.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "label", "mark", "o:p", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var", "wbr",
];

/// Elements that end a sentence.
const BLOCK: &[&str] = &[
    "address",
    "article",
    "aside",
    "base",
    "blockquote",
    "body",
    "br",
    "button",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "img",
    "input",
    "legend",
    "li",
    "link",
    "main",
    "meta",
    "nav",
    "ol",
    "option",
    "p",
    "picture",
    "pre",
    "script",
    "section",
    "select",
    "style",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "video",
];

/// The longest entity that is looked for, in bytes: `&CounterClockwiseContourIntegral;`.
const LONGEST_ENTITY: usize = 33;

/// What stands at the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    /// A tag of this many bytes that a word goes on across.
    Inline(usize),
    /// A tag of this many bytes that ends a sentence.
    Block(usize),
    /// No tag.
    Text,
}

/// The tag that `rest`, which begins with `<`, begins with.
pub(super) fn tag(rest: &str) -> Markup {
    let inner = rest.strip_prefix('<').unwrap_or(rest);
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    if !inner.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Markup::Text;
    }
    // No name is longer than this, so that a text of nothing but `<` is read once.
    let name: String = inner
        .chars()
        .take(12)
        .take_while(|character| character.is_ascii_alphanumeric() || *character == ':')
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let made: fn(usize) -> Markup = if INLINE.contains(&name.as_str()) {
        Markup::Inline
    } else if BLOCK.contains(&name.as_str()) {
        Markup::Block
    } else {
        return Markup::Text;
    };
    if !inner[name.len()..].starts_with(|next: char| next.is_whitespace() || next == '>' || next == '/') {
        return Markup::Text;
    }
    // A tag holds no other `<`: the search ends there, and the whole text is searched once.
    match rest[1..].find(['<', '>']) {
        Some(at) if rest[1 + at..].starts_with('>') => made(at + 2),
        _ => Markup::Text,
    }
}

/// The entity that `rest`, which begins with `&`, begins with: its bytes and what it stands for.
pub(super) fn entity(rest: &str) -> Option<(usize, String)> {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let name = rest.bytes().skip(1).take(LONGEST_ENTITY).take_while(belongs).count();
    let end = 1 + name + 1;
    let written = rest.get(..end).filter(|written| name > 0 && written.ends_with(';'))?;
    let decoded = html_escape::decode_html_entities(written);
    if decoded == written {
        return None;
    }
    // Portals encode twice: `&amp;#39;`. The inner one is met as text, with its bytes.
    if decoded == "&"
        && let Some((inner, decoded)) = entity_after_ampersand(&rest[end..])
    {
        return Some((end + inner, decoded));
    }
    Some((end, decoded.into_owned()))
}

/// What an entity stands for whose `&` was itself encoded.
fn entity_after_ampersand(rest: &str) -> Option<(usize, String)> {
    let end = rest.bytes().take(LONGEST_ENTITY).position(|byte| byte == b';')? + 1;
    let written = format!("&{}", rest.get(..end)?);
    let decoded = html_escape::decode_html_entities(&written);
    (decoded != written).then(|| (end, decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_one_only_by_its_name() {
        assert_eq!(tag("<b>bold"), Markup::Inline(3));
        assert_eq!(tag("</P >next"), Markup::Block(5));
        assert_eq!(tag("<br/>"), Markup::Block(5));
        assert_eq!(tag("<a href=\"https://example.org\">"), Markup::Inline(30));
        for text in ["<chest pain>", "< 54 mg", "<54 and >20", "<b", "<b <i>", "<3", "<bold>", "<"] {
            assert_eq!(tag(text), Markup::Text, "{text}");
        }
    }

    #[test]
    fn entities_stand_for_characters_also_when_encoded_twice() {
        assert_eq!(entity("&amp; co"), Some((5, "&".to_owned())));
        assert_eq!(entity("&#39;t"), Some((5, "'".to_owned())));
        assert_eq!(entity("&amp;#39;t"), Some((9, "'".to_owned())));
        assert_eq!(entity("&eacute;t\u{e9}"), Some((8, "\u{e9}".to_owned())));
        assert_eq!(entity("& so; on"), None);
        assert_eq!(entity("&nothing"), None);
    }
}
