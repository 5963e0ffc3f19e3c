//! [`Engine`]: what modules and stores of one embedding share: options, and the numbers of function types.

use core::fmt;

use stilt_artifact::header::ImageHeader;
use stilt_artifact::target::Architecture;
use stilt_collections::TryArc;
use stilt_vm::Pool;

use crate::pooling::Strategy;
use crate::registry::Registry;
use crate::{Config, GroundDescription, LinkedImage, Refusal, Result, compatibility, refusal};

/// Options and function types, shared by modules and stores. Cheap to clone; may be used from any thread.
#[derive(Clone)]
pub struct Engine {
    shared: Owner,
}

#[derive(Clone)]
enum Owner {
    Heap(TryArc<Shared>),
    Fallback,
}

struct Shared {
    config: Config,
    registry: Registry,
    pool: Option<TryArc<Pool>>,
}

/// Stands in where [`Engine::default`] finds no memory.
static FALLBACK: Shared = Shared::new(Config::new(), None);

impl Shared {
    const fn new(config: Config, pool: Option<TryArc<Pool>>) -> Shared {
        let registry = Registry::new(config.function_types());
        Shared { config, registry, pool }
    }
}

impl Engine {
    /// An engine with these options.
    ///
    /// # Errors
    /// Out of memory; or the pool that the options ask for cannot be made.
    pub fn new(config: &Config) -> Result<Engine> {
        let shared = TryArc::new(Shared::new(config.clone(), Strategy::pool(config)?))?;
        Ok(Engine { shared: Owner::Heap(shared) })
    }

    #[cfg(feature = "given-storage")]
    pub(crate) const LAYOUT: core::alloc::Layout = TryArc::<Shared>::LAYOUT;

    /// An engine with these options and a registry of its own.
    #[cfg(feature = "given-storage")]
    pub(crate) fn of(config: &Config, registry: Registry, source: stilt_collections::Source<'_>) -> Result<Engine> {
        let shared = Shared { config: config.clone(), registry, pool: Strategy::pool(config)? };
        Ok(Engine { shared: Owner::Heap(TryArc::new_in(shared, source)?) })
    }

    /// Its options.
    pub fn config(&self) -> &Config {
        &self.shared().config
    }

    /// Whether both are the same engine, or clones of it.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        core::ptr::eq(a.shared(), b.shared())
    }

    /// Whether it runs interpreted images only: there is no native code for this machine, or [`Config::target`] says so.
    pub fn is_pulley(&self) -> bool {
        match self.config().required_target() {
            Some(architecture) => architecture == Architecture::Pulley,
            None => Architecture::NATIVE.is_none(),
        }
    }

    #[cfg(feature = "given-storage")]
    /// Whether nobody else has it: no clone, no module, no store.
    pub(crate) fn is_only(&self) -> bool {
        match &self.shared {
            Owner::Heap(shared) => TryArc::is_only(shared),
            Owner::Fallback => false,
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.shared().registry
    }

    /// Where memories come from, if not from storage or mappings of their own.
    pub(crate) fn pool(&self) -> Option<&TryArc<Pool>> {
        self.shared().pool.as_ref()
    }

    /// Whether this runtime, on this machine and with these options, can run an image.
    ///
    /// # Errors
    /// A [`LoadError`](crate::LoadError) that says what is missing.
    pub(crate) fn check_image(&self, header: &ImageHeader) -> Result<()> {
        Ok(compatibility::check(self.config(), header)?)
    }

    /// Whether an image in these bytes will load here. Needs no memory: nothing is loaded, and the answer is a plain value.
    ///
    /// # Errors
    /// Why it will not.
    pub fn accepts(&self, image: &[u8]) -> core::result::Result<(), Refusal> {
        refusal::check(self.config(), image)
    }

    /// [`Engine::accepts`], and whether the image lies where it can run in place ([`Module::deserialize_raw`](crate::Module::deserialize_raw)).
    ///
    /// # Errors
    /// Why it will not load there.
    pub fn accepts_in_place(&self, image: &[u8]) -> core::result::Result<(), Refusal> {
        refusal::check_in_place(self.config(), image)
    }

    /// Whether an image that a linker has placed ([`Module::from_linked`](crate::Module::from_linked)) is for this ground. Its headers
    /// are looked at, and not what they lead to. Needs no memory, as [`Engine::accepts`].
    ///
    /// # Errors
    /// Why it will not load.
    pub fn accepts_linked(&self, image: &LinkedImage) -> core::result::Result<(), Refusal> {
        refusal::check_linked(self.config(), image)
    }

    /// What this ground offers to images: the machine, what the runtime was built with, what the configuration allows. Its
    /// `Display` is a file for `stilt compile --target-file` and `stilt check --for`: print it on a device, compile for it on a
    /// host. Needs no memory.
    pub fn describe(&self) -> GroundDescription {
        compatibility::describe(self.config())
    }

    fn shared(&self) -> &Shared {
        match &self.shared {
            Owner::Heap(shared) => shared,
            Owner::Fallback => &FALLBACK,
        }
    }
}

/// An engine with default options. Without memory for one it is an engine that all such share.
impl Default for Engine {
    fn default() -> Engine {
        Engine::new(&Config::new()).unwrap_or(Engine { shared: Owner::Fallback })
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("config", self.config()).finish_non_exhaustive()
    }
}

const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Engine>();
    shared::<Config>();
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_the_same_engine() {
        let (one, other) = (Engine::default(), Engine::default());
        assert!(Engine::same(&one, &one.clone()));
        assert!(!Engine::same(&one, &other));
        let fallback = Engine { shared: Owner::Fallback };
        assert!(Engine::same(&fallback, &fallback.clone()));
        assert!(!Engine::same(&one, &fallback));
    }

    #[test]
    fn targets() {
        let mut config = Config::new();
        assert!(config.target("nonsense").is_err());
        assert!(config.target("pulley16").is_err());
        let pulley = if size_of::<usize>() == 8 { "pulley64" } else { "pulley32" };
        assert!(Engine::new(config.target(pulley).expect("ours")).expect("an engine").is_pulley());
        if let Some(native) = Architecture::NATIVE {
            config.target(native.name()).expect("ours");
            assert!(!Engine::new(&config).expect("an engine").is_pulley());
        }
    }
}
