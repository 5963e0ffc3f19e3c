//! Where and with what it was measured.

use serde::Serialize;
use std::fs;

/// The machine.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) processors: usize,
    pub(crate) kernel: String,
    /// How many programs wanted to run, on average over a minute, before and after.
    pub(crate) load: (String, String),
    pub(crate) rustc: &'static str,
    pub(crate) cc: &'static str,
    pub(crate) clang: String,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let kernels = concat!(env!("CARGO_MANIFEST_DIR"), "/kernels/wasm/COMPILER");
        Machine {
            processor: model.map_or_else(|| "not known".to_owned(), |(_, name)| name.to_owned()),
            processors: std::thread::available_parallelism().map_or(1, Into::into),
            kernel: first_word("/proc/sys/kernel/osrelease"),
            load: (first_word("/proc/loadavg"), String::new()),
            rustc: env!("BENCH_RUSTC"),
            cc: env!("BENCH_CC"),
            clang: fs::read_to_string(kernels).unwrap_or_default().trim().to_owned(),
        }
    }

    /// Notes the load at the end.
    pub(crate) fn ended(&mut self) {
        self.load.1 = first_word("/proc/loadavg");
    }
}

fn first_word(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default().split_whitespace().next().unwrap_or("not known").to_owned()
}
