//! From byte offsets to line numbers, for files with tens of thousands of commands.

use stilt_spec_script::Line;

/// Where the lines of a text start.
#[derive(Debug)]
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { starts: core::iter::once(0).chain(after_breaks).collect() }
    }

    /// The line, from 1, in which this byte stands.
    pub(crate) fn line_of(&self, offset: usize) -> Line {
        let line = self.starts.partition_point(|start| *start <= offset);
        Line::try_from(line).unwrap_or(Line::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one() {
        let lines = Lines::of("ab\n\ncd");
        let found: Vec<_> = (0..6).map(|at| lines.line_of(at)).collect();
        assert_eq!(found, [1, 1, 1, 2, 3, 3]);
    }
}
