//! The report: all figures as JSON, or as Markdown with targets first.

use crate::machine::Machine;
use crate::measure::Row;
use crate::targets::{mean, ratios, verdicts};
use core::fmt::Write as _;
use serde::Serialize;

/// All that was found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) rounds: usize,
    pub(crate) rows: Vec<Row>,
}

const METHOD: &str = include_str!("../METHOD.md");
const ANALYSIS: &str = include_str!("../ANALYSIS.md");

impl Report {
    /// As Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut text = String::from("# Results\n\n");
        text += METHOD;
        let m = &self.machine;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\n**Machine:** {} × {}, Linux {}, shared with other work (load average {} before, {} after). \
             {}; {}; kernels as wasm by {}. **Rounds:** {}.\n",
            m.processors, m.processor, m.kernel, m.load.0, m.load.1, m.rustc, m.cc, m.clang, self.rounds
        );
        self.targets(&mut text);
        text += "\n";
        text += ANALYSIS;
        let mut groups: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !groups.contains(&row.group) {
                groups.push(row.group);
            }
        }
        for group in groups {
            self.group(&mut text, group);
        }
        text
    }

    fn targets(&self, text: &mut String) {
        *text += "## Targets\n\n| figure | target | found | |\n|---|---|---|---|\n";
        for verdict in verdicts(&self.rows) {
            let digits = if verdict.unit == "x" { 3 } else { 0 };
            let unit = if verdict.unit == "x" { "x".to_owned() } else { format!(" {}", verdict.unit) };
            let _ = writeln!(
                text,
                "| {} | {}{unit} | {:.digits$}{unit} | {} |",
                verdict.figure,
                verdict.target,
                verdict.found,
                verdict.verdict()
            );
        }
    }

    fn group(&self, text: &mut String, group: &str) {
        let rows: Vec<&Row> = self.rows.iter().filter(|row| row.group == group).collect();
        let mut names: Vec<&str> = Vec::new();
        for row in &rows {
            for figure in &row.figures {
                if !names.contains(&figure.name) {
                    names.push(figure.name);
                }
            }
        }
        let pairs = [
            ("stilt", "wasmtime"),
            ("stilt explicit", "wasmtime explicit"),
            ("stilt explicit", "stilt"),
            ("stilt explicit, Spectre", "stilt explicit"),
            ("stilt epoch", "stilt"),
            ("wasmtime epoch", "wasmtime"),
            ("stilt epoch", "wasmtime epoch"),
            ("stilt explicit epoch", "stilt explicit"),
            ("wasmtime explicit epoch", "wasmtime explicit"),
            ("stilt, passes off", "wasmtime"),
            ("stilt", "native"),
            ("stilt", "wasmtime pooled"),
            ("stilt", "plain C"),
            ("stilt, bytes", "wasmtime, bytes"),
            ("stilt, in place", "wasmtime, bytes"),
            ("stilt, linked", "wasmtime, bytes"),
            ("stilt, linked", "stilt, in place"),
        ];
        let pairs: Vec<_> = pairs.into_iter().filter(|(of, to)| names.contains(of) && names.contains(to)).collect();
        let _ = write!(text, "\n## {}{}\n\n|  |", group[..1].to_uppercase(), &group[1..]);
        for name in &names {
            let _ = write!(text, " {name} |");
        }
        for (of, to) in &pairs {
            let _ = write!(text, " {of} / {to} |");
        }
        let _ = write!(text, "\n|---|{}\n", "---:|".repeat(names.len() + pairs.len()));
        for row in &rows {
            let _ = write!(text, "| {} |", row.name);
            for name in &names {
                match row.figures.iter().find(|figure| figure.name == *name) {
                    Some(figure) if figure.spread == 0.0 => {
                        let _ = write!(text, " {} {} |", figure.median, row.unit);
                    }
                    Some(figure) => {
                        let digits = if figure.median < 10.0 { 2 } else { 1 };
                        let _ =
                            write!(text, " {:.digits$} {} ±{:.0} % |", figure.median, row.unit, figure.spread * 50.0);
                    }
                    None => *text += " |",
                }
            }
            for (of, to) in &pairs {
                match row.ratio(of, to) {
                    Some(ratio) => {
                        let _ = write!(text, " {ratio:.2} |");
                    }
                    None => *text += " |",
                }
            }
            *text += "\n";
        }
        if group.starts_with("kernels") || group.starts_with("programs") {
            *text += "| **geometric mean** |";
            *text += &" |".repeat(names.len());
            for (of, to) in &pairs {
                let values: Vec<f64> =
                    ratios(&self.rows, &[group], of, to).into_iter().map(|(_, ratio)| ratio).collect();
                let _ = write!(text, " **{:.3}** |", mean(&values).unwrap_or(f64::NAN));
            }
            *text += "\n";
            if group.contains("interruptible") {
                return;
            }
            let _ = writeln!(text, "\n![{group}](plots/{}.svg)", group.replace(", ", "-").to_lowercase());
        }
    }
}
