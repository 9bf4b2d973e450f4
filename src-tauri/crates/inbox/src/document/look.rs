//! What a file is, told from its bytes.
//!
//! A list of what is taken, not of what isn't: whatever is not known to be a picture, a paper, a sound or a film is
//! refused. Refused by name as well: a script has no bytes to know it by, and runs by what it is called. The numbers of
//! a picture are read from its header, before anything unpacks it.

use serde::{Deserialize, Serialize};

use super::{MOST_BYTES, MOST_PIXELS};

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// In its place, as a picture.
    Image,
    /// A paper of pages.
    Pdf,
    /// Played.
    Audio,
    /// Played.
    Video,
    /// Filed, and not shown here.
    Other,
}

/// A media type that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Media {
    /// As the wire names it.
    pub name: &'static str,
    /// How it is shown.
    pub form: Form,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// More than [`MOST_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// It runs, or holds what runs.
    #[error("the file is a program")]
    Program,
    /// A web page or a drawing that can run.
    #[error("the file can run when it is opened")]
    Active,
    /// Files in a file: what is in it, nobody has looked at.
    #[error("the file is an archive")]
    Archive,
    /// A picture of more than [`MOST_PIXELS`], or one whose size cannot be read.
    #[error("the picture is too large to unpack")]
    ImageBomb,
    /// Nothing that we know.
    #[error("the file is of no kind that is taken")]
    Unknown,
}

/// A file that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// What it is.
    pub media: Media,
    /// Pixels across and down, of a picture.
    pub pixels: Option<(u32, u32)>,
}

/// What the web views of all three systems show in an `<img>`.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];
/// Pictures and papers that they don't.
const OTHERS: [&str; 9] = [
    "image/heif",
    "image/avif",
    "image/tiff",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/rtf",
    "application/dicom",
];
const AUDIO: [&str; 8] =
    ["audio/mpeg", "audio/m4a", "audio/opus", "audio/ogg", "audio/x-flac", "audio/x-wav", "audio/aac", "audio/amr"];
const VIDEO: [&str; 4] = ["video/mp4", "video/x-m4v", "video/webm", "video/quicktime"];
const ARCHIVES: [&str; 12] = [
    "application/zip",
    "application/x-tar",
    "application/vnd.rar",
    "application/gzip",
    "application/x-bzip2",
    "application/x-7z-compressed",
    "application/x-xz",
    "application/vnd.ms-cab-compressed",
    "application/zstd",
    "application/x-lz4",
    "application/x-cpio",
    "application/x-compress",
];
/// What runs by its name alone.
const RUNS: [&str; 24] = [
    "exe", "dll", "com", "scr", "pif", "msi", "msp", "bat", "cmd", "ps1", "psm1", "vbs", "vbe", "js", "jse", "wsf",
    "wsh", "hta", "jar", "sh", "command", "lnk", "desktop", "reg",
];
/// What plain text is called. By any other ending it may be what runs, or what leads somewhere, when it is opened: nobody
/// knows all of those.
const TEXT: [&str; 6] = ["txt", "text", "csv", "tsv", "md", "log"];
/// What runs in a browser.
const ACTIVE: [&str; 7] = ["html", "htm", "xhtml", "shtml", "svg", "svgz", "mht"];

/// Looks at a file. `title` is what its sender called it.
///
/// # Errors
/// [`Refusal`].
pub fn look(bytes: &[u8], title: &str) -> Result<Looked, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    if bytes.len() > MOST_BYTES {
        return Err(Refusal::TooLarge);
    }
    // The last part of a name, whatever dots and blanks stand around it: "scan.pdf.exe ", "scan.exe.".
    let seen = title.chars().filter(|letter| !is_unseen(*letter)).collect::<String>();
    let name = seen.trim_matches(|letter: char| letter == '.' || letter.is_whitespace()).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.trim());
    if ending.is_some_and(|ending| RUNS.contains(&ending)) {
        return Err(Refusal::Program);
    }
    if ending.is_some_and(|ending| ACTIVE.contains(&ending)) {
        return Err(Refusal::Active);
    }
    let Some(kind) = infer::get(bytes) else { return without_magic(bytes, ending) };
    let name = kind.mime_type();
    let taken = |form| Ok(Looked { media: Media { name, form }, pixels: None });
    match name {
        _ if IMAGES.contains(&name) => {
            let pixels = pixels(bytes)?;
            Ok(Looked { media: Media { name, form: Form::Image }, pixels: Some(pixels) })
        }
        "application/pdf" => taken(Form::Pdf),
        _ if AUDIO.contains(&name) => taken(Form::Audio),
        _ if VIDEO.contains(&name) => taken(Form::Video),
        _ if name.starts_with("application/vnd.openxmlformats") && has_macros(bytes) => Err(Refusal::Program),
        _ if OTHERS.contains(&name) => taken(Form::Other),
        _ if ARCHIVES.contains(&name) => Err(Refusal::Archive),
        "text/html" | "text/xml" => Err(Refusal::Active),
        "text/x-shellscript" => Err(Refusal::Program),
        _ if kind.matcher_type() == infer::MatcherType::App => Err(Refusal::Program),
        _ => Err(Refusal::Unknown),
    }
}

/// A file that no signature tells: plain text, or nothing that is taken.
fn without_magic(bytes: &[u8], ending: Option<&str>) -> Result<Looked, Refusal> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(Refusal::Unknown) };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    if text.starts_with('<') {
        return Err(Refusal::Active);
    }
    if text.starts_with("#!") {
        return Err(Refusal::Program);
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err(Refusal::Unknown);
    }
    // What stands behind the last dot of a sentence is no ending.
    let is_ending = |ending: &&str| ending.chars().count() <= 12 && ending.chars().all(char::is_alphanumeric);
    if ending.filter(is_ending).is_some_and(|ending| !TEXT.contains(&ending) && !is_number(ending)) {
        return Err(Refusal::Unknown);
    }
    Ok(Looked { media: Media { name: "text/plain", form: Form::Other }, pixels: None })
}

/// "Values of 3.4": no ending of anything.
fn is_number(ending: &str) -> bool {
    ending.bytes().all(|digit| digit.is_ascii_digit())
}

/// What turns, joins or hides the letters of a name, and is none: "x.bat" with one behind it ends otherwise.
fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e007f}')
}

/// How large a picture is once it is unpacked, from its header alone.
fn pixels(bytes: &[u8]) -> Result<(u32, u32), Refusal> {
    let size = imagesize::blob_size(bytes).map_err(|_| Refusal::ImageBomb)?;
    let (Ok(across), Ok(down)) = (u32::try_from(size.width), u32::try_from(size.height)) else {
        return Err(Refusal::ImageBomb);
    };
    if u64::from(across) * u64::from(down) > MOST_PIXELS { Err(Refusal::ImageBomb) } else { Ok((across, down)) }
}

/// Whether an office paper carries a program. The names in a zip are not packed.
fn has_macros(bytes: &[u8]) -> bool {
    const MACROS: &[u8] = b"vbaProject.bin";
    bytes.windows(MACROS.len()).any(|window| window.eq_ignore_ascii_case(MACROS))
}
