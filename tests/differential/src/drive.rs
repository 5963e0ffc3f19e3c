//! What is done with a program, on whatever runs it: instances in order, all their functions several times, and a look at what is left.

use crate::protocol::{Event, Kind, Program, Report, Type, Value, argument, class};
use crate::random::Random;

/// Why something did not go on: the kind, and what the engine says.
pub type Stop = (Kind, String);

/// An engine with the modules of a program.
pub trait Machine {
    /// What an instance exports.
    type Export;

    /// Instantiates the module of this number. The imports come from earlier instances, or are made up.
    ///
    /// # Errors
    /// The engine does not want it at all. The inner error is a trap.
    fn instantiate(&mut self, number: usize) -> Result<Result<(), Stop>, String>;

    /// The exports of the instance of this number.
    fn exports(&mut self, instance: usize) -> Vec<(String, Self::Export)>;

    /// The types of a function's parameters, `None` for what is no function.
    fn params(&self, export: &Self::Export) -> Option<Vec<Type>>;

    /// Calls a function.
    ///
    /// # Errors
    /// As for [`Machine::instantiate`].
    fn call(&mut self, export: &Self::Export, args: &[Value]) -> Result<Result<Vec<Value>, Stop>, String>;

    /// What lies in a global, a memory or a table.
    fn look(&mut self, name: String, export: &Self::Export) -> Option<Event>;

    /// The calls of the host since the last time.
    fn events(&mut self) -> &mut Vec<Event>;
}

/// Runs a program, making at most so many calls.
///
/// # Errors
/// The engine refuses it.
pub fn drive(machine: &mut impl Machine, program: &Program, most_calls: usize) -> Result<Report, String> {
    let mut report = Report::default();
    for number in 0..program.modules.len() {
        let made = machine.instantiate(number)?;
        report.events.append(machine.events());
        match made {
            Ok(()) => report.events.push(Event::Instantiated(number)),
            Err((kind, text)) => {
                report.trapped(kind, text);
                return Ok(report);
            }
        }
    }
    let mut random = Random::new(program.seed);
    for _ in 0..program.rounds {
        for instance in 0..program.modules.len() {
            for (name, export) in exports(machine, instance) {
                let Some(params) = machine.params(&export) else { continue };
                if report.calls == most_calls {
                    report.limited = Some(report.calls);
                    return Ok(report);
                }
                let args: Vec<Value> = params.into_iter().map(|ty| argument(&mut random, ty)).collect();
                report.events.push(Event::Call(format!("{name}{args:?}")));
                let outcome = machine.call(&export, &args)?;
                report.events.append(machine.events());
                match outcome {
                    Ok(values) if program.nan_classes => {
                        report.events.push(Event::Returned(values.into_iter().map(class).collect()));
                    }
                    Ok(values) => report.events.push(Event::Returned(values)),
                    Err((kind, text)) => {
                        if report.trapped(kind, text) {
                            return Ok(report);
                        }
                    }
                }
                report.calls += 1;
            }
        }
    }
    for instance in 0..program.modules.len() {
        for (name, export) in exports(machine, instance) {
            report.events.extend(machine.look(format!("{instance}.{name}"), &export));
        }
    }
    Ok(report)
}

/// By name: engines have orders of their own.
fn exports<M: Machine>(machine: &mut M, instance: usize) -> Vec<(String, M::Export)> {
    let mut exports = machine.exports(instance);
    exports.sort_by(|(a, _), (b, _)| a.cmp(b));
    exports
}
