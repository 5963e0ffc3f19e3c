//! The command line.

use std::sync::OnceLock;

use stilt::Config;

/// What the program was asked to do.
pub(crate) struct Arguments {
    /// The target of the images, as `Config::target` takes it.
    pub(crate) target: String,
    /// Whether the processor's traps are to be handled.
    pub(crate) hardware: bool,
    /// The file of scripts.
    pub(crate) pack: String,
    /// Whether each command is told before it is executed.
    pub(crate) trace: bool,
    /// Whether the file is an image whose backtraces are to be checked.
    pub(crate) backtraces: bool,
    /// Whether code lies in guarded pages.
    pub(crate) guard: bool,
    features: Vec<String>,
}

/// Features that the CPU has although the system does not say so, as emulators' do not.
static DECLARED: OnceLock<Vec<String>> = OnceLock::new();

impl Arguments {
    /// Those that this process was started with.
    pub(crate) fn of_process() -> Result<Arguments, String> {
        let (mut plain, mut features, mut trace, mut backtraces, mut guard) =
            (Vec::new(), Vec::new(), false, false, false);
        let mut all = std::env::args().skip(1);
        while let Some(argument) = all.next() {
            match argument.as_str() {
                "--feature" => features.push(all.next().ok_or("--feature needs a name")?),
                "--trace" => trace = true,
                "--backtraces" => backtraces = true,
                "--guard" => guard = true,
                _ => plain.push(argument),
            }
        }
        let [target, traps, pack] = plain.try_into().map_err(|_| "expected: TARGET hardware|explicit PACK")?;
        let hardware = match traps.as_str() {
            "hardware" => true,
            "explicit" => false,
            other => return Err(format!("traps are `hardware` or `explicit`, not `{other}`")),
        };
        Ok(Arguments { target, hardware, pack, trace, backtraces, guard, features })
    }

    /// Tells the engine what the CPU has.
    #[expect(unsafe_code, reason = "a promise about the CPU")]
    pub(crate) fn declare_features(&self, config: &mut Config) {
        // On x86_64 and s390x the runtime asks the CPU itself.
        if cfg!(any(target_arch = "x86_64", target_arch = "s390x")) {
            return;
        }
        DECLARED.get_or_init(|| self.features.clone());
        // SAFETY: the kernel says so, or whoever has chosen the CPU that the emulator plays.
        unsafe {
            config.detect_host_feature(|name| {
                let declared = DECLARED.get().is_some_and(|names| names.iter().any(|declared| declared == name));
                if declared { Some(true) } else { stilt_platform_linux::cpu_feature(name) }
            });
        }
    }
}
