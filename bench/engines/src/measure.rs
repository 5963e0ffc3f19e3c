//! How time is taken: what is compared runs in turn, in one process, and the medians of all rounds are compared.

use anyhow::Result;
use serde::Serialize;
use std::time::Instant;

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// The processor time of this thread: what other programs do does not count.
    Cpu,
    /// The processor time of all threads together.
    Process,
    /// Time as it passes.
    Wall,
}

/// Nanoseconds that `work` takes.
pub(crate) fn time<T>(clock: Clock, work: impl FnOnce() -> T) -> (f64, T) {
    match clock {
        Clock::Cpu => by(libc::CLOCK_THREAD_CPUTIME_ID, work),
        Clock::Process => by(libc::CLOCK_PROCESS_CPUTIME_ID, work),
        Clock::Wall => {
            let start = Instant::now();
            let value = work();
            (start.elapsed().as_secs_f64() * 1e9, value)
        }
    }
}

fn by<T>(clock: libc::clockid_t, work: impl FnOnce() -> T) -> (f64, T) {
    let start = nanoseconds(clock);
    let value = work();
    (nanoseconds(clock) - start, value)
}

fn nanoseconds(clock: libc::clockid_t) -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is writable.
    let failed = unsafe { libc::clock_gettime(clock, &raw mut now) };
    assert_eq!(failed, 0, "Linux has these clocks");
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// One thing that is measured: its name and a function that does it once and says how long it took.
pub(crate) struct Contestant<'a> {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut() -> Result<f64> + 'a>,
}

impl<'a> Contestant<'a> {
    pub(crate) fn new(name: &'static str, run: impl FnMut() -> Result<f64> + 'a) -> Self {
        Contestant { name, run: Box::new(run) }
    }
}

/// What came out for one contestant.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) median: f64,
    pub(crate) fastest: f64,
    /// The middle half of all runs lies within this share of the median.
    pub(crate) spread: f64,
}

impl Figure {
    /// A figure that does not vary.
    pub(crate) fn exact(name: &'static str, value: f64) -> Self {
        Figure { name, median: value, fastest: value, spread: 0.0 }
    }

    fn of(name: &'static str, mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let at = |share: usize| runs.get((runs.len().saturating_sub(1)) * share / 4).copied().unwrap_or(f64::NAN);
        let median = at(2);
        Figure { name, median, fastest: at(0), spread: (at(3) - at(1)) / median }
    }
}

/// Runs all in turn, `rounds` times after one that does not count; the order is reversed each time.
pub(crate) fn in_turn(rounds: usize, contestants: &mut [Contestant<'_>]) -> Result<Vec<Figure>> {
    let mut runs = vec![Vec::new(); contestants.len()];
    for contestant in &mut *contestants {
        (contestant.run)()?;
    }
    for round in 0..rounds {
        let mut order: Vec<usize> = (0..contestants.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for i in order {
            if let (Some(contestant), Some(runs)) = (contestants.get_mut(i), runs.get_mut(i)) {
                runs.push((contestant.run)()?);
            }
        }
    }
    Ok(contestants.iter().zip(runs).map(|(contestant, runs)| Figure::of(contestant.name, runs)).collect())
}

/// One line of a table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// The table.
    pub(crate) group: &'static str,
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) figures: Vec<Figure>,
}

impl Row {
    pub(crate) fn new(group: &'static str, name: &str, unit: &'static str, figures: Vec<Figure>) -> Self {
        Row { group, name: name.to_owned(), unit, figures }
    }

    pub(crate) fn median(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.name == name).map(|figure| figure.median)
    }

    /// The one as a multiple of the other.
    pub(crate) fn ratio(&self, of: &str, to: &str) -> Option<f64> {
        Some(self.median(of)? / self.median(to)?)
    }
}
