//! A limit for suites, far beyond what any of them takes: whatever hangs is shown and stopped, and the others still run.

use std::collections::BTreeMap;
use std::fs;
use std::process::{self, Command};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The slowest suite took five minutes from nothing on two busy cores.
const LIMIT: Duration = Duration::from_mins(25);

/// Does `work`. If it takes too long, the processes that it has started are shown and killed, so that it ends with their failure.
pub(crate) fn watch<T>(name: &str, work: impl FnOnce() -> T) -> T {
    watch_below(process::id(), LIMIT, name, work)
}

/// The same with what another process has started.
fn watch_below<T>(ancestor: u32, limit: Duration, name: &str, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        // Dropped when the work has ended, even by a panic.
        let (_ended, watched) = mpsc::channel::<()>();
        scope.spawn(move || {
            let mut patience = limit;
            while watched.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                eprintln!("error: {name}: not done after {} s; what it waits for:", limit.as_secs());
                let processes = Process::below(ancestor);
                for process in &processes {
                    eprintln!("  {process}");
                }
                let numbers = processes.iter().map(|process| process.number.to_string());
                // A builtin of every shell.
                if let Err(error) = Command::new("sh").args(["-c", "kill -9 \"$@\"", "kill"]).args(numbers).status() {
                    eprintln!("error: cannot start `sh`: {error}");
                }
                // It may go on to start another.
                patience = Duration::from_secs(30);
            }
        });
        work()
    })
}

/// A process of this machine, as its `/proc` tells; where there is none, nothing is found.
struct Process {
    number: u32,
    parent: u32,
    command: String,
    /// Where in the kernel each of its threads waits.
    waits: Vec<String>,
}

impl Process {
    /// Those that a process has started, and theirs, parents first.
    fn below(ancestor: u32) -> Vec<Process> {
        let mut all = BTreeMap::<u32, Vec<Process>>::new();
        for process in fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Process::read(number)
        }) {
            all.entry(process.parent).or_default().push(process);
        }
        let mut found = all.remove(&ancestor).unwrap_or_default();
        let mut next = 0;
        while let Some(process) = found.get(next) {
            found.extend(all.remove(&process.number).unwrap_or_default());
            next += 1;
        }
        found
    }

    fn read(number: u32) -> Option<Process> {
        let folder = format!("/proc/{number}");
        let status = fs::read_to_string(format!("{folder}/status")).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?;
        let command = fs::read(format!("{folder}/cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ").trim_end().to_owned();
        let tasks = fs::read_dir(format!("{folder}/task")).into_iter().flatten().flatten();
        let waits = tasks.filter_map(|task| fs::read_to_string(task.path().join("wchan")).ok()).collect();
        Some(Process { number, parent, command, waits })
    }
}

impl std::fmt::Display for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (of {}) `{}`: {}", self.number, self.parent, self.command, self.waits.join(", "))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Process, watch_below};
    use std::process::Command;
    use std::time::Duration;

    /// Below a child of its own, as other tests have children, too.
    #[test]
    fn what_hangs_is_killed() {
        // An inner shell that waits for a command, and an outer one that goes on when they are gone.
        let hangs = "sh -c 'sleep 1000; exit 0'; exit 3";
        let mut outer = Command::new("sh").args(["-c", hangs]).spawn().unwrap();
        let sleeps = |process: &Process| process.command == "sleep 1000";
        let below = loop {
            let below = Process::below(outer.id());
            if below.iter().any(sleeps) {
                break below;
            }
        };
        assert!(below.len() == 2 && sleeps(&below[1]) && below[1].parent == below[0].number, "parents come first");
        let status = watch_below(outer.id(), Duration::from_millis(10), "a test", || outer.wait()).unwrap();
        assert_eq!(status.code(), Some(3), "{status}");
        // It was told to go, and goes soon.
        let gone = || Process::read(below[1].number).is_none_or(|left| !sleeps(&left));
        let soon = (0..6000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            gone()
        });
        assert!(soon, "what was below it is killed, too");
    }
}
