//! Executing a script, command by command, in one store.

use core::fmt;

use stilt::{Engine, Error, Instance, Linker, Module, Result, Store, Val};
use stilt_collections::{OutOfMemory, TryVec};
use stilt_spec_script::{Action, Command, Expectations, Line, Script};

use crate::message::{is_link_error, is_trap};
use crate::spectest;
use crate::values::{from_runtime, to_runtime};
use crate::wrong::Wrong;

/// Makes a module of an image. Whether that copies the image or runs it in
/// place, and why the image can be trusted, is the caller's decision.
pub type Load<'a> = dyn Fn(&Engine, &[u8]) -> Result<Module> + 'a;

/// What happened, told while it happens.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A command is about to be executed.
    Starting {
        /// Its line in the `.wast` file.
        line: Line,
    },
    /// A command did not do what it has to.
    Failed {
        /// Its line in the `.wast` file.
        line: Line,
        /// What was expected, and what was found.
        message: fmt::Arguments<'a>,
    },
}

/// The outcome of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Assertions that hold.
    pub passed: usize,
    /// Commands that fail: assertions, and others that should succeed.
    pub failed: usize,
    /// Commands other than assertions that succeed.
    pub steps: usize,
}

/// Executes all commands of `script` in a store of its own, and goes on after failures.
///
/// An error means that it could not start: there is no memory for the store or
/// for what the suite's host module holds.
pub fn play(
    script: &Script<'_>,
    engine: &Engine,
    load: &Load<'_>,
    report: &mut dyn FnMut(Event<'_>),
) -> Result<Summary> {
    let mut player = Player::new(engine, load)?;
    let mut summary = Summary::default();
    for (line, command) in script.commands() {
        report(Event::Starting { line });
        match player.command(command) {
            Ok(()) if command.is_assertion() => summary.passed += 1,
            Ok(()) => summary.steps += 1,
            Err(wrong) => {
                summary.failed += 1;
                let message = format_args!("{wrong}");
                report(Event::Failed { line, message });
            }
        }
    }
    Ok(summary)
}

struct Player<'p> {
    engine: &'p Engine,
    load: &'p Load<'p>,
    store: Store<()>,
    linker: Linker<()>,
    instances: TryVec<Option<Instance>>,
    definitions: TryVec<Option<Module>>,
}

impl<'p> Player<'p> {
    fn new(engine: &'p Engine, load: &'p Load<'p>) -> Result<Self> {
        let mut store = Store::new(engine, ());
        let mut linker = Linker::new(engine);
        spectest::define(&mut linker, &mut store)?;
        Ok(Self { engine, load, store, linker, instances: TryVec::new(), definitions: TryVec::new() })
    }

    fn command<'s>(&mut self, command: Command<'s>) -> Result<(), Wrong<'s>> {
        match command {
            Command::Module { slot, image } => {
                let instance = self.instantiate(image)?;
                Ok(fill(&mut self.instances, slot, instance)?)
            }
            Command::Define { definition, image } => {
                let module = (self.load)(self.engine, image)?;
                Ok(fill(&mut self.definitions, definition, module)?)
            }
            Command::Instantiate { slot, definition } => {
                let module = entry(&self.definitions, definition).ok_or(Wrong::NoModule)?;
                let instance = self.linker.instantiate(&mut self.store, module)?;
                Ok(fill(&mut self.instances, slot, instance)?)
            }
            Command::Register { slot, name } => {
                let instance = self.instance(slot)?;
                self.linker.instance(&mut self.store, name, instance)?;
                Ok(())
            }
            Command::Invoke(action) => {
                self.perform(action)?;
                Ok(())
            }
            Command::AssertReturn { action, expected } => {
                let found = self.perform(action)?;
                self.compare(&found, expected)
            }
            Command::AssertTrap { action, message } | Command::AssertExhaustion { action, message } => {
                match self.perform(action) {
                    Ok(_) => Err(Wrong::Succeeded { expected: message }),
                    Err(Wrong::Failed(error)) => trapped(error, message),
                    Err(wrong) => Err(wrong),
                }
            }
            Command::AssertModuleTrap { image, message } => match self.instantiate(image) {
                Ok(_) => Err(Wrong::Succeeded { expected: message }),
                Err(error) => trapped(error, message),
            },
            Command::AssertUnlinkable { image, message } => {
                let module = (self.load)(self.engine, image)?;
                match self.linker.instantiate(&mut self.store, &module) {
                    Ok(_) => Err(Wrong::Succeeded { expected: message }),
                    Err(error) if is_link_error(&error, message)? => Ok(()),
                    Err(error) => Err(Wrong::OtherFailure { expected: message, found: error }),
                }
            }
        }
    }

    fn instantiate(&mut self, image: &[u8]) -> Result<Instance> {
        let module = (self.load)(self.engine, image)?;
        self.linker.instantiate(&mut self.store, &module)
    }

    fn instance<'s>(&self, slot: u32) -> Result<Instance, Wrong<'s>> {
        entry(&self.instances, slot).copied().ok_or(Wrong::NoModule)
    }

    /// The results of an action. What the runtime says to it is `Wrong::Failed`.
    fn perform<'s>(&mut self, action: Action<'s>) -> Result<TryVec<Val>, Wrong<'s>> {
        match action {
            Action::Get { slot, name } => {
                let instance = self.instance(slot)?;
                let global = instance.get_global(&mut self.store, name);
                let value = global.ok_or(Wrong::NoExport(name))?.get(&mut self.store);
                Ok(TryVec::try_from_iter([value])?)
            }
            Action::Invoke { slot, name, arguments } => {
                let instance = self.instance(slot)?;
                let func = instance.get_func(&mut self.store, name);
                let func = func.ok_or(Wrong::NoExport(name))?;
                let mut inputs = TryVec::new();
                for argument in arguments {
                    inputs.try_push(to_runtime(&mut self.store, argument)?)?;
                }
                let count = func.ty(&self.store).results().len();
                let mut results = TryVec::try_with_capacity(count)?;
                results.try_extend(core::iter::repeat_n((), count).map(|()| Val::I32(0)))?;
                func.call(&mut self.store, &inputs, &mut results)?;
                Ok(results)
            }
        }
    }

    fn compare<'s>(&self, found: &[Val], expected: Expectations<'s>) -> Result<(), Wrong<'s>> {
        let count = expected.count();
        if count != found.len() {
            return Err(Wrong::Count { expected: count, found: found.len() });
        }
        for (index, (expected, found)) in expected.zip(found).enumerate() {
            let found = from_runtime(&self.store, found)?;
            if !found.is_some_and(|found| expected.matches(&found)) {
                return Err(Wrong::Result { index, expected, found });
            }
        }
        Ok(())
    }
}

/// Whether `error` is the trap that `expected` says.
fn trapped(error: Error, expected: &str) -> Result<(), Wrong<'_>> {
    if is_trap(&error, expected)? {
        return Ok(());
    }
    Err(Wrong::OtherFailure { expected, found: error })
}

/// What stands at `number`, if anything does.
fn entry<T>(table: &TryVec<Option<T>>, number: u32) -> Option<&T> {
    table.get(usize::try_from(number).ok()?)?.as_ref()
}

/// Puts `value` at `number`, with nothing in the places before it that were not filled.
fn fill<T>(table: &mut TryVec<Option<T>>, number: u32, value: T) -> Result<(), OutOfMemory> {
    let number = usize::try_from(number).map_err(|_| OutOfMemory::new(usize::MAX))?;
    while table.len() <= number {
        table.try_push(None)?;
    }
    if let Some(place) = table.get_mut(number) {
        *place = Some(value);
    }
    Ok(())
}
