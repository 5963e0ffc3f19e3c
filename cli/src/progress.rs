//! Progress of long work: a bar on a terminal once it has taken a moment, nothing in a pipe.

use core::time::Duration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Work that takes less is not worth a bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar of work in steps, of one compilation or of several at a time. It goes away when dropped.
pub(crate) struct Bar {
    what: &'static str,
    start: Instant,
    terminal: bool,
    total: AtomicUsize,
    done: AtomicUsize,
    bar: OnceLock<ProgressBar>,
}

impl Bar {
    /// A bar for work that begins now.
    pub(crate) fn new(what: &'static str) -> Bar {
        Bar {
            what,
            start: Instant::now(),
            terminal: std::io::stderr().is_terminal(),
            total: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            bar: OnceLock::new(),
        }
    }

    fn show(&self, done: usize) {
        if !self.terminal || self.start.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let bar = ProgressBar::with_draw_target(
                Some(self.total.load(Ordering::Relaxed) as u64),
                ProgressDrawTarget::stderr(),
            );
            if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len} functions, {eta} left") {
                bar.set_style(style);
            }
            bar.set_message(self.what);
            bar
        });
        bar.set_length(self.total.load(Ordering::Relaxed) as u64);
        bar.set_position(done as u64);
    }
}

impl stilt_precompiler::Progress for Bar {
    fn start(&self, functions: usize) {
        self.total.fetch_add(functions, Ordering::Relaxed);
    }

    fn compiled(&self) {
        self.show(self.done.fetch_add(1, Ordering::Relaxed) + 1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
