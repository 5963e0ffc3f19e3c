//! From one `.wast` file to a script.
//!
//! Names of modules become slots here: the player knows only numbers. What goes
//! wrong with one command (a module that does not compile, say) is a [`Failure`]
//! of that command; only a file that cannot be parsed is an error.

use core::error::Error;
use core::fmt;
use std::collections::HashMap;

use stilt_spec_script::{ActionSpec, Line, ScriptWriter, TooLarge};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::token::{Id, Span};
use wast::{QuoteWat, Wast, WastDirective, WastExecute, WastInvoke, Wat};

use crate::Compile;
use crate::lines::Lines;
use crate::values::{Unsupported, argument, expected};

/// A file's script, and what was checked while it was made.
#[derive(Debug)]
pub struct Converted {
    /// The script, for `stilt_spec_script::Script::parse`.
    pub script: Vec<u8>,
    /// The outcome of what the host checks itself.
    pub host: HostSummary,
}

/// The host's own checks of one file.
#[derive(Clone, Debug, Default)]
pub struct HostSummary {
    /// Assertions about invalid and malformed modules that hold.
    pub passed: usize,
    /// Modules that compiled.
    pub compiled: usize,
    /// What does not hold, and modules that should have compiled.
    pub failures: Vec<Failure>,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The name of the `.wast` file.
    pub file: String,
    /// The line of its command in the `.wast` file.
    pub line: Line,
    /// What was expected, and what was found.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// A file that cannot be converted at all.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConvertError {
    /// It is not a `.wast` file.
    Parse {
        /// Where.
        line: Line,
        /// What the parser says.
        message: String,
    },
    /// The script would be larger than its format allows.
    TooLarge(TooLarge),
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse { line, message } => write!(f, "line {line}: {message}"),
            Self::TooLarge(error) => error.fmt(f),
        }
    }
}

impl Error for ConvertError {}

/// Compiles the modules of the `.wast` file `text`, called `name`, checks what
/// is to be refused, and writes everything else into a script.
pub fn convert(text: &str, name: &str, compiler: &impl Compile) -> Result<Converted, ConvertError> {
    let lines = Lines::of(text);
    let parse_error = |error: wast::Error| ConvertError::Parse {
        line: lines.line_of(error.span().offset()),
        message: error.message(),
    };
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(parse_error)?;
    let wast = parser::parse::<Wast<'_>>(&buffer).map_err(parse_error)?;

    let mut conversion = Conversion {
        compiler,
        lines: &lines,
        script: ScriptWriter::new(name),
        host: HostSummary::default(),
        instances: Names::default(),
        definitions: Names::default(),
    };
    for directive in wast.directives {
        let line = lines.line_of(directive.span().offset());
        if let Err(Refusal(message)) = conversion.directive(line, directive) {
            let file = name.to_string();
            conversion.host.failures.push(Failure { file, line, message });
        }
    }
    Ok(Converted { script: conversion.script.finish().map_err(ConvertError::TooLarge)?, host: conversion.host })
}

/// Why a directive is not in the script, or does not hold.
struct Refusal(String);

impl From<Unsupported> for Refusal {
    fn from(Unsupported(what): Unsupported) -> Self {
        Self(format!("{what} cannot be said in a script"))
    }
}

/// The numbers of what a script names: each new one becomes the current one.
#[derive(Default)]
struct Names {
    count: u32,
    current: Option<u32>,
    by_name: HashMap<String, u32>,
}

impl Names {
    fn add(&mut self, id: Option<Id<'_>>) -> u32 {
        let number = self.count;
        self.count = number.saturating_add(1);
        self.current = Some(number);
        if let Some(id) = id {
            self.by_name.insert(id.name().to_string(), number);
        }
        number
    }

    fn find(&self, id: Option<Id<'_>>) -> Result<u32, Refusal> {
        let number = match id {
            Some(id) => self.by_name.get(id.name()).copied(),
            None => self.current,
        };
        number.ok_or_else(|| match id {
            Some(id) => Refusal(format!("no module ${}", id.name())),
            None => Refusal("no module yet".to_string()),
        })
    }
}

struct Conversion<'a, C> {
    compiler: &'a C,
    lines: &'a Lines,
    script: ScriptWriter,
    host: HostSummary,
    instances: Names,
    definitions: Names,
}

impl<C: Compile> Conversion<'_, C> {
    fn directive(&mut self, line: Line, directive: WastDirective<'_>) -> Result<(), Refusal> {
        match directive {
            WastDirective::Module(mut module) => {
                // The slot is taken in any case: what uses it fails if the module does.
                let slot = self.instances.add(module.name());
                let image = self.compile(module.encode())?;
                self.script.module(line, slot, &image);
            }
            WastDirective::ModuleDefinition(mut module) => {
                let definition = self.definitions.add(module.name());
                let image = self.compile(module.encode())?;
                self.script.define(line, definition, &image);
            }
            WastDirective::ModuleInstance { instance, module, .. } => {
                let definition = self.definitions.find(module)?;
                let slot = self.instances.add(instance);
                self.script.instantiate(line, slot, definition);
            }
            WastDirective::Register { name, module, .. } => {
                let slot = self.instances.find(module)?;
                self.script.register(line, slot, name);
            }
            WastDirective::Invoke(invoke) => {
                let action = self.invoke(&invoke)?;
                self.script.invoke(line, &action);
            }
            WastDirective::AssertReturn { exec, results, .. } => {
                let action = self.action(&exec)?;
                let expected: Result<Vec<_>, _> = results.iter().map(expected).collect();
                self.script.assert_return(line, &action, &expected?);
            }
            WastDirective::AssertTrap { exec: WastExecute::Wat(mut module), message, .. } => {
                let image = self.compile(module.encode())?;
                self.script.assert_module_trap(line, &image, message);
            }
            WastDirective::AssertTrap { exec, message, .. } => {
                let action = self.action(&exec)?;
                self.script.assert_trap(line, &action, message);
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let action = self.invoke(&call)?;
                self.script.assert_exhaustion(line, &action, message);
            }
            WastDirective::AssertUnlinkable { mut module, message, .. } => {
                let image = self.compile(module.encode())?;
                self.script.assert_unlinkable(line, &image, message);
            }
            WastDirective::AssertInvalid { module, message, .. }
            | WastDirective::AssertMalformed { module, message, .. } => self.assert_refused(module, message)?,
            WastDirective::AssertMalformedCustom { .. }
            | WastDirective::AssertInvalidCustom { .. }
            | WastDirective::AssertException { .. }
            | WastDirective::AssertSuspension { .. }
            | WastDirective::Thread(_)
            | WastDirective::Wait { .. } => {
                return Err(Refusal("a directive beyond WebAssembly 2.0".to_string()));
            }
        }
        Ok(())
    }

    /// The module must fail to parse, or to validate.
    fn assert_refused(&mut self, mut module: QuoteWat<'_>, message: &str) -> Result<(), Refusal> {
        if let Ok(wasm) = module.encode()
            && self.compiler.validate(&wasm).is_ok()
        {
            return Err(Refusal(format!("expected \"{message}\", but it is valid")));
        }
        self.host.passed += 1;
        Ok(())
    }

    fn compile(&mut self, wasm: Result<Vec<u8>, wast::Error>) -> Result<Vec<u8>, Refusal> {
        let wasm = wasm.map_err(|error| self.encoding(&error))?;
        match self.compiler.compile(&wasm) {
            Ok(image) => {
                self.host.compiled += 1;
                Ok(image)
            }
            Err(error) => Err(Refusal(format!("module does not compile: {error}"))),
        }
    }

    fn encoding(&self, error: &wast::Error) -> Refusal {
        let span: Span = error.span();
        let line = self.lines.line_of(span.offset());
        Refusal(format!("line {line}: {}", error.message()))
    }

    fn action(&self, exec: &WastExecute<'_>) -> Result<ActionSpec, Refusal> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(invoke),
            WastExecute::Get { module, global, .. } => {
                Ok(ActionSpec::Get { slot: self.instances.find(*module)?, name: (*global).to_string() })
            }
            WastExecute::Wat(Wat::Module(_) | Wat::Component(_)) => {
                Err(Refusal("a module where an action should be".to_string()))
            }
        }
    }

    fn invoke(&self, invoke: &WastInvoke<'_>) -> Result<ActionSpec, Refusal> {
        let arguments: Result<Vec<_>, _> = invoke.args.iter().map(argument).collect();
        Ok(ActionSpec::Invoke {
            slot: self.instances.find(invoke.module)?,
            name: invoke.name.to_string(),
            arguments: arguments?,
        })
    }
}
