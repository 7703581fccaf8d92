//! `signalbox manifest`: whether a share manifest is valid, and its schema.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use clap::Subcommand;
use place::shortened;
use serde::Serialize;
use sharing::{Kind, Mistake};

use crate::event::{name_of, read_text};
use crate::failure::Failure;
use crate::given::Given;
use crate::output::{self, Format};

/// How much is shown of a section's name.
const LONGEST: usize = 80;

const CHECK_HELP: &str = "\
Examples:
  signalbox manifest check share.json
  git show HEAD:share.json | signalbox manifest check -";

/// What to do about a manifest.
#[derive(Debug, Subcommand)]
pub(crate) enum Manifest {
    /// Say whether a share manifest is valid, or where it is not
    #[command(after_help = CHECK_HELP)]
    Check {
        /// The manifest's file; - is standard input
        file: PathBuf,
    },
    /// Print the JSON Schema of the share manifest
    #[command(after_help = "Example:\n  signalbox manifest schema > share-manifest.schema.json")]
    Schema,
}

/// Runs the command.
pub(super) async fn manifest(asked: &Manifest, given: &Given, output: Format) -> Result<(), Failure> {
    match asked {
        Manifest::Check { file } => check(file, output).await,
        Manifest::Schema if output == Format::Text && given.has_option("output") => {
            Err(Failure::usage("--output text would have no effect: a JSON Schema is JSON; leave it out"))
        }
        Manifest::Schema => output::print_json(&sharing::schema()),
    }
}

async fn check(file: &Path, output: Format) -> Result<(), Failure> {
    let (name, text) = (name_of(file), read_text(file).await?);
    let manifest = match sharing::Manifest::parse(&text) {
        Ok(manifest) => manifest,
        Err(mistake) => return show(&name, &text, mistake, output),
    };
    let sections = manifest.sections().into_iter().map(|(section, entries)| (section.into(), entries)).collect();
    let notes = manifest.unknown_sections().map(unknown).collect();
    output::print(output, &Check { file: name, is_valid: true, sections: Some(sections), notes, mistake: None })
}

/// What to say of a section that means nothing, and which one may have been meant.
fn unknown(section: &str) -> String {
    const DIFFERENT: usize = 2;
    let distance = |known: &str| strsim::osa_distance(&section.to_lowercase(), known);
    let known = Kind::ALL.map(Kind::section);
    let nearest = known.into_iter().map(|it| (distance(it), it)).min();
    let meant = match nearest {
        // What shares no letter with it is not a misspelling.
        Some((letters, it)) if letters <= DIFFERENT && letters < it.len() => format!("write `{it}` if you meant that"),
        _ => format!("known are {}", known.join(", ")),
    };
    format!("the section `{}` is not known, and is ignored; {meant}", shortened(section, LONGEST))
}

fn show(name: &str, text: &str, mistake: Mistake, output: Format) -> Result<(), Failure> {
    let span = mistake.span(text);
    let annotation = AnnotationKind::Primary.span(span).label(mistake.message.as_str());
    let title = Level::ERROR.primary_title("not a valid share manifest; it would be refused, and nothing changed");
    let snippet = Snippet::source(text).path(name).annotation(annotation);
    // Where nobody reads standard error, the exit code is left.
    let _ = writeln!(anstream::stderr(), "{}", Renderer::styled().render(&[title.element(snippet)]));
    if output == Format::Json {
        let Mistake { line, column, message } = mistake;
        let mistake = Some(Place { line, column, message });
        output::print(
            output,
            &Check { file: name.into(), is_valid: false, sections: None, notes: Vec::new(), mistake },
        )?;
    }
    Err(Failure::shown_configuration())
}

/// What was found out about a manifest.
#[derive(Serialize)]
struct Check {
    file: String,
    is_valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sections: Option<BTreeMap<String, usize>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mistake: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    column: usize,
    message: String,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |(section, entries): (&String, &usize)| {
            format!("{section} {entries} {}", if *entries == 1 { "entry" } else { "entries" })
        };
        let sections: Vec<_> = self.sections.iter().flatten().map(counted).collect();
        let sections = if sections.is_empty() { "nothing is shared".into() } else { sections.join(", ") };
        write!(f, "{}: a valid share manifest ({sections})", self.file)?;
        self.notes.iter().try_for_each(|note| write!(f, "\nnote: {note}"))
    }
}
