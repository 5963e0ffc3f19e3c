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
    watch_for(LIMIT, name, work)
}

fn watch_for<T>(limit: Duration, name: &str, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        // Dropped when the work has ended, even by a panic.
        let (_ended, watched) = mpsc::channel::<()>();
        scope.spawn(move || {
            let mut patience = limit;
            while watched.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                eprintln!("error: {name}: not done after {} s; what it waits for:", limit.as_secs());
                let processes = Process::started_here();
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
    /// Those that this one has started, and theirs, parents first.
    fn started_here() -> Vec<Process> {
        let mut all = BTreeMap::<u32, Vec<Process>>::new();
        for process in fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Process::read(number)
        }) {
            all.entry(process.parent).or_default().push(process);
        }
        let mut found = all.remove(&process::id()).unwrap_or_default();
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
    use super::{Process, watch_for};
    use std::process::Command;
    use std::time::Duration;

    #[test]
    fn what_hangs_is_killed_with_all_below() {
        // The shell does more after the command, so that it stays.
        let mut hangs = Command::new("sh").args(["-c", "sleep 1000; exit 0"]).spawn().unwrap();
        let shell = hangs.id();
        let below = loop {
            let found = Process::started_here();
            let parent = found.iter().position(|process| process.number == shell).unwrap();
            let child = found.iter().position(|process| process.parent == shell && process.command == "sleep 1000");
            if let Some(child) = child {
                assert!(parent < child, "parents come first");
                break found[child].number;
            }
        };
        let status = watch_for(Duration::from_millis(10), "a test", || hangs.wait()).unwrap();
        assert!(!status.success(), "{status}");
        let gone = Process::read(below).is_none_or(|process| process.parent != shell);
        assert!(gone, "the shell's child is killed, too");
    }
}
