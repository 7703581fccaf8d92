//! Findings as annotations of a workflow.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message>

use policy::{Finding, Severity, Verdict};

/// A line for each finding.
pub(super) fn of(verdicts: &[Verdict]) -> String {
    verdicts.iter().flat_map(|it| &it.findings).map(line).collect::<Vec<_>>().join("\n")
}

fn line(Finding { file, path, line, column, severity, rule, message, remedy }: &Finding) -> String {
    let level = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let at = if path.is_empty() { String::new() } else { format!(" at {path}") };
    let text = in_text(&format!("{message}; {remedy}{at}"));
    format!("::{level} file={},line={line},col={column},title={}::{text}", in_property(file), in_property(rule))
}

/// What would end the text stands as its code.
fn in_text(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

fn in_property(text: &str) -> String {
    in_text(text).replace(':', "%3A").replace(',', "%2C")
}
