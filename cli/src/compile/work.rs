//! Doing what a plan says, several images at a time.

use super::Format;
use super::object::ObjectArguments;
use super::plan::{Plan, Task};
use super::report::{Outcome, Report};
use crate::output::Stdout;
use crate::progress::Bar;
use crate::{input, output};
use anyhow::{Context as _, Result, anyhow};
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use serde_json::json;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

/// Makes every image; after an error only those that were begun, unless told to keep going. Whether all are made.
pub(super) fn compile(
    plan: &Plan,
    jobs: Option<NonZeroUsize>,
    keep_going: bool,
    object: Option<&ObjectArguments>,
    report: &Report,
) -> Result<bool> {
    let jobs = jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let workers = jobs.min(plan.tasks.len()).max(1);
    // What does not divide evenly is given to each: the system shares out better than we could.
    let threads = NonZeroUsize::new(jobs.div_ceil(workers));
    let bar = Bar::new("compiling");
    let (next, failed, broken) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let work = || -> Result<()> {
        while let Some(task) = plan.tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            if broken.load(Ordering::Relaxed) || (failed.load(Ordering::Relaxed) > 0 && !keep_going) {
                continue;
            }
            let start = Instant::now();
            let outcome = one(plan, task, threads, object, &bar);
            if outcome.is_err() {
                failed.fetch_add(1, Ordering::Relaxed);
            }
            let name = plan.choice(task).map_or("", |choice| &choice.name);
            let told = report.tell(task, name, start.elapsed(), &outcome);
            if told.is_err() {
                broken.store(true, Ordering::Relaxed);
            }
            told?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| thread::Builder::new().spawn_scoped(scope, work)).collect();
        let own = work();
        // A thread that could not be started leaves its work to the others.
        others.into_iter().flatten().fold(own, |result, other| {
            let other = other.join().map_err(|_| anyhow!("a thread of the compiler panicked"));
            result.and(other.and_then(|other| other))
        })
    })?;
    drop(bar);
    let failed = failed.into_inner();
    if failed > 0 && plan.tasks.len() > 1 {
        report.summary(failed, plan.tasks.len());
    }
    Ok(failed == 0)
}

fn one(
    plan: &Plan,
    task: &Task,
    threads: Option<NonZeroUsize>,
    object: Option<&ObjectArguments>,
    bar: &Bar,
) -> Result<Outcome> {
    let precompiler = plan.choice(task).context("the plan has no such target")?.precompiler(threads)?;
    let module = input::read_module(&task.module)?;
    if let Some(object) = object {
        let bytes = object.make(&precompiler, task, &module, bar)?;
        let key = precompiler.object_key(&module, &object.options(task)?);
        return Ok(Outcome { bytes, key: hexadecimal(&key) });
    }
    let image = precompiler
        .compile_with_progress(&module, bar)
        .with_context(|| format!("cannot compile {}", task.module.display()))?;
    output::write(&task.image, &image)?;
    Ok(Outcome { bytes: image.len(), key: hexadecimal(&precompiler.key(&module)) })
}

/// Prints the key of every image.
pub(super) fn print_keys(plan: &Plan, object: Option<&ObjectArguments>, format: Format) -> Result<ExitCode> {
    let mut out = Stdout::new();
    for task in &plan.tasks {
        let choice = plan.choice(task).context("the plan has no such target")?;
        let (precompiler, module) = (choice.precompiler(None)?, input::read_module(&task.module)?);
        let key = hexadecimal(&match object {
            Some(object) => precompiler.object_key(&module, &object.options(task)?),
            None => precompiler.key(&module),
        });
        out.line(&match format {
            Format::Text => format!("{key}  {}  {}", task.module.display(), choice.name),
            Format::Json => {
                json!({ "module": task.module.to_string_lossy(), "target": choice.name, "key": key }).to_string()
            }
        })?;
    }
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
