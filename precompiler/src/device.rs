//! A device as its runtime describes it (`stilt::Engine::describe`): read from text, turned into options that fit it, compared with
//! an image that is to run there.

use crate::options::{FloatMode, MemoryStyle, Options};
use serde::Deserialize;
use stilt_artifact::builtins::Group;
use stilt_artifact::ground::{Description, Ground, LoadError, check_modules};
use stilt_artifact::header::ImageHeader;
use stilt_artifact::image::byte_order;
use stilt_artifact::target::{Architecture, TrapMode};
use stilt_artifact::{Endian, Image, ImageError};

/// A device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device(Description);

/// The file, as [`Description`] displays itself. What is left out has the least that a ground can have.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    abi: u8,
    contract: u32,
    architecture: String,
    #[serde(default)]
    cpu_features: Vec<String>,
    pointer_width: u8,
    byte_order: String,
    #[serde(default)]
    pulley: bool,
    #[serde(default)]
    pulley_floats: bool,
    #[serde(default)]
    pulley_vectors: bool,
    #[serde(default)]
    virtual_memory: bool,
    #[serde(default)]
    code_publication: bool,
    #[serde(default)]
    hardware_traps: bool,
    #[serde(default)]
    float_registers: bool,
    #[serde(default)]
    builtins: Vec<String>,
    only: Option<String>,
}

/// Why an image will not load on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is none, or damaged.
    Image(ImageError),
    /// It is for another byte order.
    ByteOrder {
        /// The device's.
        device: Endian,
        /// The image's.
        image: Endian,
    },
    /// The runtime of the device is of another version.
    Version {
        /// What the runtime reads: ABI and contract.
        device: (u8, u32),
        /// What the image has.
        image: (u8, u32),
    },
    /// The ground lacks something.
    Load(LoadError),
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Refusal::Image(error) => error.fmt(f),
            Refusal::ByteOrder { device, image } => {
                write!(f, "the image is {}, the device is {}", image.name(), device.name())
            }
            Refusal::Version { device, image } => write!(
                f,
                "the image has ABI {}, contract {:#010x}; the device's runtime reads ABI {}, contract {:#010x}: \
                 use the precompiler of the runtime's version",
                image.0, image.1, device.0, device.1
            ),
            Refusal::Load(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Refusal {}

/// How an image will load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// From bytes as well as in place.
    Anyhow,
    /// Only in place or linked in: code in a copy could not be made executable there.
    InPlace,
}

impl Device {
    /// The device that the text describes.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Device, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
        let architecture = match &*file.architecture {
            "none" => None,
            name => Some(self::architecture(name).ok_or_else(|| format!("unknown architecture `{name}`"))?),
        };
        let names = architecture.map_or(&[][..], Architecture::features);
        let cpu_features = bits(&file.cpu_features, "CPU feature", |name| {
            names.iter().position(|known| *known == name).map(|bit| 1u64 << bit)
        })?;
        let builtin_groups = bits(&file.builtins, "group of builtins", |name| {
            Group::ALL.iter().find(|group| group.name() == name).map(|group| group.bit())
        })?;
        let pointer_width = match file.pointer_width {
            32 => 4,
            64 => 8,
            other => return Err(format!("pointer-width is {other}: expected 32 or 64")),
        };
        let endian = match &*file.byte_order {
            "little" => Endian::Little,
            "big" => Endian::Big,
            other => return Err(format!("byte-order is `{other}`: expected little or big")),
        };
        let required = match file.only.as_deref() {
            None => None,
            Some("pulley") => Some(Architecture::Pulley),
            Some(name) => Some(self::architecture(name).ok_or_else(|| format!("unknown architecture `{name}`"))?),
        };
        let ground = Ground {
            architecture,
            pointer_width,
            endian,
            interpreter: file.pulley,
            interpreter_floats: file.pulley_floats,
            interpreter_vectors: file.pulley_vectors,
            virtual_memory: file.virtual_memory,
            publishes_code: file.code_publication,
            native_signals: file.hardware_traps,
            signals_allowed: file.hardware_traps,
            builtin_groups,
            float_registers: file.float_registers,
            required,
        };
        let mut description = Description::new(ground, |_, _| None);
        (description.cpu_features, description.abi, description.contract) = (cpu_features, file.abi, file.contract);
        Ok(Device(description))
    }

    /// What the device said.
    pub fn description(&self) -> &Description {
        &self.0
    }

    /// The target to compile for: native code where this version can make it, else bytecode.
    ///
    /// # Errors
    /// The device runs neither.
    pub fn target(&self) -> Result<&'static str, String> {
        let ground = &self.0.ground;
        let known = crate::target::TARGETS.into_iter().find(|target| {
            let architecture = target.architecture();
            Some(architecture) == ground.architecture && ground.required.is_none_or(|only| only == architecture)
        });
        let pulley = || {
            let interpreted = ground.interpreter && ground.required.is_none_or(|only| only == Architecture::Pulley);
            interpreted.then_some(match (ground.pointer_width, ground.endian) {
                (4, Endian::Little) => "pulley32",
                (4, Endian::Big) => "pulley32be",
                (_, Endian::Little) => "pulley64",
                (_, Endian::Big) => "pulley64be",
            })
        };
        known.map(|target| target.name).or_else(pulley).ok_or_else(|| {
            let name = ground.architecture.map_or("none", Architecture::name);
            format!("no code can be made for the device: its architecture is {name}, and it has no Pulley interpreter")
        })
    }

    /// Sets what the device decides: target, CPU features, who finds traps, where memories live, what floats
    /// become. What was chosen already stays.
    ///
    /// # Errors
    /// The device runs nothing that can be compiled for.
    pub fn apply(&self, options: &mut Options) -> Result<(), String> {
        let target = self.target()?;
        target.clone_into(&mut options.target);
        let native = !target.starts_with("pulley");
        if native {
            let features = self.0.ground.architecture.map_or(&[][..], Architecture::features);
            let set = features.iter().map(|name| ((*name).to_owned(), self.0.has_feature(name)));
            // What was asked for by name comes last, and wins.
            options.cpu_features = set.chain(options.cpu_features.drain(..)).collect();
        }
        if native && !self.0.ground.float_registers {
            let builtins = self.0.ground.builtin_groups & Group::Float.bit() != 0;
            options.float.get_or_insert(if builtins { FloatMode::Soft } else { FloatMode::None });
        }
        if !native {
            options.simd &= self.0.ground.interpreter_vectors;
            if !self.0.ground.interpreter_floats {
                options.float.get_or_insert(FloatMode::None);
            }
        }
        let hardware = native && self.0.ground.virtual_memory && self.0.ground.native_signals;
        options.traps.get_or_insert(if hardware { TrapMode::Hardware } else { TrapMode::Explicit });
        if !self.0.ground.virtual_memory {
            options.memory.get_or_insert(MemoryStyle::Movable);
        }
        Ok(())
    }

    /// Whether the image in `file` will load on the device.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, file: &[u8]) -> Result<Fit, Refusal> {
        let device = &self.0;
        let endian = byte_order(file).unwrap_or(Endian::Little);
        let header = match Image::parse(file, endian) {
            Ok(image) if image.is_linked() => return Err(Refusal::Image(ImageError::Linked)),
            Ok(image) => image.header(),
            // An image of another version may be the right one for a device of that version, but cannot be read here.
            Err(ImageError::Contract { found, .. }) if found != device.contract => {
                return Err(Refusal::Version { device: (device.abi, device.contract), image: (device.abi, found) });
            }
            Err(error) => return Err(Refusal::Image(error)),
        };
        self.check_header(&header, endian)
    }

    fn check_header(&self, header: &ImageHeader, endian: Endian) -> Result<Fit, Refusal> {
        let device = &self.0;
        if (header.abi, header.contract) != (device.abi, device.contract) {
            let image = (header.abi, header.contract);
            return Err(Refusal::Version { device: (device.abi, device.contract), image });
        }
        if endian != device.ground.endian {
            return Err(Refusal::ByteOrder { device: device.ground.endian, image: endian });
        }
        let names = device.ground.architecture.map_or(&[][..], Architecture::features);
        device.ground.check(header, names, |_, name| Some(device.has_feature(name))).map_err(Refusal::Load)?;
        check_modules(header).map_err(Refusal::Load)?;
        let native = Architecture::from_u8(header.architecture) != Some(Architecture::Pulley);
        let copied = device.ground.virtual_memory && device.ground.publishes_code;
        Ok(if native && !copied { Fit::InPlace } else { Fit::Anyhow })
    }
}

impl core::fmt::Display for Device {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

fn architecture(name: &str) -> Option<Architecture> {
    let all = (0..=u8::MAX).filter_map(Architecture::from_u8);
    all.filter(|known| *known != Architecture::Pulley).find(|known| known.name() == name)
}

fn bits<T: core::ops::BitOr<Output = T> + Default>(
    names: &[String],
    what: &str,
    bit: impl Fn(&str) -> Option<T>,
) -> Result<T, String> {
    names.iter().try_fold(T::default(), |bits, name| {
        bit(name).map(|bit| bits | bit).ok_or_else(|| format!("unknown {what} `{name}`"))
    })
}

#[cfg(test)]
mod tests;
