//! What is counted, and how a child process tells its parent.

use core::fmt;

/// The outcome of one configuration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Files run.
    pub(crate) files: usize,
    /// Modules compiled.
    pub(crate) modules: usize,
    /// Assertions about bad modules that hold.
    pub(crate) refusals: usize,
    /// Assertions that the player has found to hold.
    pub(crate) played: usize,
    /// Whatever does not hold.
    pub(crate) failed: usize,
    /// How long it took.
    pub(crate) milliseconds: usize,
}

const FIELDS: usize = 6;

impl Counts {
    fn fields(&self) -> [usize; FIELDS] {
        [self.files, self.modules, self.refusals, self.played, self.failed, self.milliseconds]
    }

    fn from_fields(fields: [usize; FIELDS]) -> Self {
        let [files, modules, refusals, played, failed, milliseconds] = fields;
        Self { files, modules, refusals, played, failed, milliseconds }
    }

    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        let (mut sum, other) = (self.fields(), other.fields());
        for (sum, other) in sum.iter_mut().zip(other) {
            *sum += other;
        }
        Self::from_fields(sum)
    }

    /// The line that `Display` writes.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let numbers: Result<Vec<usize>, _> = line.strip_prefix("counts")?.split_whitespace().map(str::parse).collect();
        Some(Self::from_fields(numbers.ok()?.try_into().ok()?))
    }

    /// The names of the table's columns.
    pub(crate) fn heading() -> String {
        format!(
            "{:<18} {:>6} {:>8} {:>16} {:>17} {:>7} {:>8}",
            "configuration", "files", "modules", "refused rightly", "assertions played", "failed", "seconds"
        )
    }

    /// One row of the table.
    pub(crate) fn row(&self, name: &str) -> String {
        let tenths = self.milliseconds / 100;
        format!(
            "{name:<18} {:>6} {:>8} {:>16} {:>17} {:>7} {:>6}.{}",
            self.files,
            self.modules,
            self.refusals,
            self.played,
            self.failed,
            tenths / 10,
            tenths % 10
        )
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counts")?;
        for field in self.fields() {
            write!(f, " {field}")?;
        }
        Ok(())
    }
}
