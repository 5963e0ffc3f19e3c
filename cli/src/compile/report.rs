//! What is told of each image: nothing but errors to people, a line of JSON to programs.

use super::Format;
use super::plan::Task;
use crate::output::Stdout;
use anyhow::Result;
use core::time::Duration;
use serde_json::json;

/// What came of a task.
pub(super) struct Outcome {
    pub(super) bytes: usize,
    pub(super) key: String,
}

/// Tells it, from any thread.
pub(super) struct Report {
    format: Format,
}

impl Report {
    pub(super) fn new(format: Format) -> Report {
        Report { format }
    }

    /// Of one task.
    pub(super) fn tell(&self, task: &Task, target: &str, took: Duration, outcome: &Result<Outcome>) -> Result<()> {
        match (self.format, outcome) {
            (Format::Text, Ok(_)) => Ok(()),
            (Format::Text, Err(error)) => {
                eprintln!("error: {error:#}");
                Ok(())
            }
            (Format::Json, outcome) => {
                let mut line = json!({
                    "module": task.module.to_string_lossy(),
                    "target": target,
                    "image": task.image.to_string_lossy(),
                    "status": if outcome.is_ok() { "compiled" } else { "failed" },
                    "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                });
                match outcome {
                    Ok(outcome) => {
                        line["bytes"] = json!(outcome.bytes);
                        line["key"] = json!(outcome.key);
                    }
                    Err(error) => line["error"] = json!(format!("{error:#}")),
                }
                // One line at a time: the lock of standard output is held until it is out.
                let mut out = Stdout::new();
                out.line(&line.to_string())?;
                out.finish()
            }
        }
    }

    /// Of all.
    pub(super) fn summary(&self, failed: usize, all: usize) {
        if self.format == Format::Text {
            eprintln!("error: {failed} of {all} images could not be made");
        }
    }
}
