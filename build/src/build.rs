//! [`Build`]: from a module's file to what the program includes or is linked with.

use crate::archive::archive;
use crate::cargo::Cargo;
use crate::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};
use stilt_precompiler::{ObjectOptions, Options, Precompiler};

/// Compiles modules for the program that Cargo builds.
#[derive(Clone, Debug)]
pub struct Build {
    cargo: Cargo,
    options: Options,
}

/// What [`Build::link`] has made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Linked {
    /// The folder with the module's header for C, `NAME.h`: for `cc::Build::include`.
    pub include: PathBuf,
    /// The header.
    pub header: PathBuf,
}

impl Build {
    /// Native code. Without an operating system below, traps are found by tests in the code, and where the program itself has no
    /// float registers (`x86_64-unknown-none`, for one), modules compute floats with integers.
    ///
    /// # Errors
    /// There is no native code for the program's target; or this is not called from a build script.
    pub fn new() -> Result<Build, Error> {
        let cargo = from_environment()?;
        let options = cargo.native()?;
        Ok(Build { cargo, options })
    }

    /// Bytecode, which runs everywhere, with the runtime's feature `pulley`.
    ///
    /// # Errors
    /// This is not called from a build script.
    pub fn bytecode() -> Result<Build, Error> {
        let cargo = from_environment()?;
        let options = cargo.bytecode();
        Ok(Build { cargo, options })
    }

    /// How modules are compiled: what has been taken from Cargo, to be changed where something else is wanted.
    pub fn options(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Makes a module, in the binary or the text format, a part of the program. `name`, an identifier, is what the program says to
    /// `stilt::linked_image!`; no two modules of a program have the same.
    ///
    /// # Errors
    /// The module cannot be read or compiled, the options do not fit, the name is no good, or the program is no ELF file.
    pub fn link(&self, name: &str, module: impl AsRef<Path>) -> Result<Linked, Error> {
        self.link_as(&self.object(name), module)
    }

    /// What an object for the program's machine has to say, to be changed and given to [`Build::link_as`].
    pub fn object(&self, name: &str) -> ObjectOptions {
        let mut object = ObjectOptions::new(name);
        object.machine = Some(self.cargo.machine().to_owned());
        object.float_abi = self.cargo.float_abi();
        object
    }

    /// [`Build::link`] with options for the object: sections, code model, unwind information.
    ///
    /// # Errors
    /// As [`Build::link`].
    pub fn link_as(&self, object: &ObjectOptions, module: impl AsRef<Path>) -> Result<Linked, Error> {
        if !self.cargo.is_elf() {
            return Err(Error::NotElf { target: self.cargo.target.clone() });
        }
        let (module, name) = (module.as_ref(), &object.name);
        let made = self.precompiler()?.compile_object(&read(module)?, object);
        let made = made.map_err(|error| Error::Compile { module: module.to_owned(), error })?;
        let include = self.cargo.out.join("include");
        fs::create_dir_all(&include).map_err(|error| Error::Write { path: include.clone(), error })?;
        let header = include.join(format!("{name}.h"));
        write(&header, made.header.as_bytes())?;
        let library = self.cargo.out.join(format!("libstilt_{name}.a"));
        write(&library, &archive(&made.elf, &format!("{name}.o"), name))?;
        println!("cargo::rustc-link-search=native={}", self.cargo.out.display());
        println!("cargo::rustc-link-lib=static=stilt_{name}");
        Ok(Linked { include, header })
    }

    /// Compiles a module, in the binary or the text format, to an image: `NAME.cwasm` in the folder that Cargo calls `OUT_DIR`, for
    /// `stilt::include_image!`. Answers its path.
    ///
    /// # Errors
    /// The module cannot be read or compiled, or the options do not fit.
    pub fn image(&self, name: &str, module: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let module = module.as_ref();
        let image = self.precompiler()?.compile(&read(module)?);
        let image = image.map_err(|error| Error::Compile { module: module.to_owned(), error })?;
        let path = self.cargo.out.join(format!("{name}.cwasm"));
        write(&path, &image)?;
        Ok(path)
    }

    fn precompiler(&self) -> Result<Precompiler, Error> {
        Precompiler::new(self.options.clone()).map_err(Error::Options)
    }
}

fn from_environment() -> Result<Cargo, Error> {
    Cargo::read(|name| env::var(name).ok())
}

/// Reads a module, as binary. When the file changes, the script runs again; also when it appears.
fn read(module: &Path) -> Result<Vec<u8>, Error> {
    println!("cargo::rerun-if-changed={}", module.display());
    let bytes = fs::read(module).map_err(|error| Error::Read { module: module.to_owned(), error })?;
    if bytes.starts_with(b"\0asm") {
        return Ok(bytes);
    }
    let wasm = wat::Parser::new().parse_bytes(Some(module), &bytes);
    Ok(wasm.map_err(|error| Error::Text { module: module.to_owned(), error })?.into_owned())
}

/// Writes a file so that it is either whole or not there.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("new");
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| Error::Write { path: path.to_owned(), error })
}
