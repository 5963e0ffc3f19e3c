//! What is aimed at, and by how much it is missed.

use crate::measure::Row;

/// A figure with its target.
pub(crate) struct Verdict {
    pub(crate) figure: String,
    /// At most this.
    pub(crate) target: f64,
    pub(crate) found: f64,
    pub(crate) unit: &'static str,
}

impl Verdict {
    /// In words.
    pub(crate) fn verdict(&self) -> String {
        if self.found <= self.target {
            "met".to_owned()
        } else {
            format!("missed by {:.0} %", (self.found / self.target - 1.0) * 100.0)
        }
    }
}

/// Geometric mean.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp())
}

/// One as a multiple of another, over all rows of groups.
pub(crate) fn ratios<'a>(rows: &'a [Row], groups: &[&str], of: &str, to: &str) -> Vec<(&'a str, f64)> {
    let rows = rows.iter().filter(|row| groups.contains(&row.group));
    rows.filter_map(|row| Some((row.name.as_str(), row.ratio(of, to)?))).collect()
}

struct Verdicts<'a> {
    rows: &'a [Row],
    all: Vec<Verdict>,
}

impl Verdicts<'_> {
    fn add(&mut self, figure: &str, target: f64, found: Option<f64>, unit: &'static str) {
        if let Some(found) = found {
            self.all.push(Verdict { figure: figure.to_owned(), target, found, unit });
        }
    }

    /// Mean and worst of what is compared over several rows.
    fn set(&mut self, what: &str, groups: &[&str], (of, to): (&str, &str), target: f64, worst: Option<f64>) {
        let found = ratios(self.rows, groups, of, to);
        let values: Vec<f64> = found.iter().map(|(_, ratio)| *ratio).collect();
        self.add(&format!("{what}: geometric mean"), target, mean(&values), "x");
        if let Some(target) = worst
            && let Some((name, ratio)) = found.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))
        {
            self.add(&format!("{what}: slowest, {name}"), target, Some(ratio), "x");
        }
    }

    fn row(&self, group: &str, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.group == group && row.name.starts_with(name))
    }

    fn ratio(&mut self, figure: &str, (group, name): (&str, &str), (of, to): (&str, &str), target: f64) {
        let found = self.row(group, name).and_then(|row| row.ratio(of, to));
        self.add(figure, target, found, "x");
    }

    fn median(&mut self, figure: &str, (group, name): (&str, &str), of: &str, target: f64, unit: &'static str) {
        let found = self.row(group, name).and_then(|row| row.median(of));
        self.add(figure, target, found, unit);
    }
}

/// All targets whose figures are there.
pub(crate) fn verdicts(rows: &[Row]) -> Vec<Verdict> {
    let mut v = Verdicts { rows, all: Vec::new() };
    let code = ["kernels", "programs"].as_slice();
    let pulley = ["kernels, Pulley", "programs, Pulley"].as_slice();
    let engines = ("stilt", "wasmtime");
    v.set("run time, guard pages", code, engines, 0.95, Some(1.05));
    v.set("run time, explicit", code, ("stilt explicit", "wasmtime explicit"), 0.90, None);
    v.set("run time, explicit to own guard pages", code, ("stilt explicit", "stilt"), 1.08, None);
    let spectre = ("stilt explicit, Spectre", "wasmtime explicit");
    v.set("run time, explicit, with Spectre mitigations, which Wasmtime's is without", code, spectre, 0.90, None);
    v.set("run time, Pulley", pulley, engines, 1.0, None);
    let epoch = ("stilt epoch", "stilt");
    let interruptible = ["kernels, interruptible"].as_slice();
    v.set("run time, interruptible to own without tests", interruptible, epoch, 1.03, None);
    let explicit = ("stilt explicit epoch", "stilt explicit");
    v.set("run time, explicit, interruptible to own without tests", interruptible, explicit, 1.03, None);
    v.set(
        "run time, Pulley, interruptible to own without tests",
        &["kernels, interruptible, Pulley"],
        epoch,
        1.03,
        None,
    );
    for (name, target) in [("host to wasm, typed", 0.4), ("host to wasm, untyped", 0.3), ("wasm to host", 0.6)] {
        for (mode, target) in [("guard pages", target), ("explicit", target), ("Pulley", 0.5)] {
            let row = format!("{name}, {mode}");
            v.ratio(&format!("call: {row}"), ("calls", &row), engines, target);
        }
    }
    for how in ["alone", "with drop"] {
        let named = |what: &str, mode: &str| format!("{what}, {how}, {mode}");
        let tiny = named("tiny", "guard pages");
        v.ratio(&format!("instantiate: {tiny}"), ("instantiate", &tiny), engines, 0.4);
        let memory = named("one memory", "guard pages");
        v.ratio(&format!("instantiate: {memory}, fresh"), ("instantiate", &memory), engines, 1.0);
        let pooled = format!("instantiate: {memory}, recycled slot, to Wasmtime's pooled");
        v.ratio(&pooled, ("instantiate", &memory), ("stilt pooled", "wasmtime pooled"), 0.4);
        let given = named("one memory", "explicit");
        let figure = format!("instantiate: {given}, slot in given storage, to Wasmtime's pooled with guard pages");
        v.ratio(&figure, ("instantiate", &given), ("stilt given", "wasmtime pooled"), 0.4);
        let data = named("with data", "explicit");
        let figure = format!("instantiate: {data}, to allocating and copying");
        v.ratio(&figure, ("instantiate", &data), ("stilt", "allocate and copy"), 1.2);
    }
    for (what, in_place) in [("tiny", 0.05), ("large", 0.02)] {
        let pair = ("stilt, in place", "wasmtime, bytes");
        v.ratio(&format!("load: {what}, in place, to Wasmtime's from bytes"), ("load", what), pair, in_place);
    }
    v.ratio("load: large, from bytes", ("load", "large"), ("stilt, bytes", "wasmtime, bytes"), 0.7);
    v.median(
        "trap: explicit, without backtrace",
        ("traps", "access out of bounds, explicit, without"),
        "stilt",
        50.0,
        "ns",
    );
    let plain = ("stilt", "plain C");
    v.ratio("trap: hardware, to plain C", ("traps", "access out of bounds, hardware, without"), plain, 1.1);
    v.ratio("trap: unreachable, to plain C", ("traps", "unreachable, hardware, without"), plain, 1.1);
    for threads in ["1 thread", "2 threads"] {
        for what in ["four programs", "synthetic module"] {
            let row = format!("{what}, guard pages, {threads}");
            v.ratio(&format!("compile: {row}"), ("compile", &row), engines, 1.15);
            let plain = ("stilt, passes off", "wasmtime");
            v.ratio(&format!("compile: {row}, Stilt's own passes off"), ("compile", &row), plain, 1.0);
        }
    }
    for (output, guard, explicit) in
        [("default", 0.8, 0.6), ("stripped", 0.95, 0.65), ("-O size, stripped", 0.85, 0.55)]
    {
        for what in ["kernels", "programs"] {
            for (mode, target) in [("guard pages", guard), ("explicit", explicit)] {
                let row = format!("{what}, {mode}, {output}");
                v.ratio(&format!("size: {row}"), ("size", &row), engines, target);
            }
        }
    }
    v.median("heap: tiny instance", ("heap", "tiny instance"), "stilt", 192.0, "bytes");
    let parts = ["engine", "module", "store,"].map(|name| v.row("heap", name).and_then(|row| row.median("stilt")));
    let sum = parts.into_iter().try_fold(0.0, |sum, part| Some(sum + part?));
    v.add("heap: engine, module and store", 768.0, sum, "bytes");
    let page = ("heap", "memory of one page");
    v.median("heap: memory of one page, explicit", page, "stilt", 65536.0 + 64.0, "bytes");
    v.all
}
