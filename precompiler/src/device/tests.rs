//! Descriptions are read as they were written, and images are refused for what the device lacks.

use super::*;
use crate::Precompiler;

fn linux() -> Description {
    let ground = Ground {
        architecture: Some(Architecture::X86_64),
        pointer_width: 8,
        endian: Endian::Little,
        interpreter: true,
        interpreter_floats: true,
        interpreter_vectors: true,
        virtual_memory: true,
        publishes_code: true,
        native_signals: true,
        signals_allowed: true,
        builtin_groups: Group::Core.bit() | Group::Memory.bit() | Group::Table.bit(),
        float_registers: true,
        required: None,
    };
    Description::new(ground, |_, name| Some(!name.starts_with("avx") && name != "fma"))
}

fn compiled_for(device: Device) -> Vec<u8> {
    let mut options = Options::default();
    device.apply(&mut options).expect("a device that runs something");
    let module = wat::parse_str(MODULE).expect("the text is right");
    Precompiler::new(options).expect("options that fit").compile(&module).expect("a module that compiles")
}

const MODULE: &str = r#"(module (memory 1) (func (export "f") (param i32) (result i32)
    (memory.fill (i32.const 0) (local.get 0) (i32.const 99)) (i32.popcnt (i32.load (local.get 0)))))"#;

#[test]
fn what_is_written_is_read() {
    let mut bare = linux();
    bare.ground.architecture = None;
    bare.ground.required = Some(Architecture::Pulley);
    (bare.ground.pointer_width, bare.ground.endian, bare.cpu_features) = (4, Endian::Big, 0);
    (bare.ground.virtual_memory, bare.ground.native_signals, bare.ground.signals_allowed) = (false, false, false);
    for description in [linux(), bare] {
        let device = Device::parse(&description.to_string()).expect("its own text");
        assert_eq!(device.description(), &description);
        assert_eq!(device.to_string(), description.to_string());
    }
}

#[test]
fn what_is_wrong_is_named() {
    let text = linux().to_string();
    for (from, to, words) in [
        ("pulley = true", "pulley = 1", "line"),
        ("pulley = true", "pully = true", "unknown field `pully`"),
        ("byte-order = \"little\"", "byte-order = \"middle\"", "expected little or big"),
        ("pointer-width = 64", "pointer-width = 16", "expected 32 or 64"),
        ("\"sse3\"", "\"mmx\"", "unknown CPU feature `mmx`"),
        ("\"tables\"", "\"chairs\"", "unknown group of builtins `chairs`"),
        ("\"x86_64\"", "\"pdp11\"", "unknown architecture `pdp11`"),
    ] {
        assert!(text.contains(from), "{from}");
        let error = Device::parse(&text.replacen(from, to, 1)).expect_err(to);
        assert!(error.contains(words), "{error}");
    }
    assert!(Device::parse("").is_err());
}

#[test]
fn what_is_compiled_for_a_device_loads_there() {
    let mut small = linux();
    small.ground.virtual_memory = false;
    small.ground.native_signals = false;
    small.ground.signals_allowed = false;
    let mut interpreted = small;
    interpreted.ground.architecture = None;
    interpreted.cpu_features = 0;
    // A core that does not see what others have written, as on riscv64.
    let mut apart = linux();
    apart.ground.publishes_code = false;
    for (device, fit) in
        [(linux(), Fit::Anyhow), (apart, Fit::InPlace), (small, Fit::InPlace), (interpreted, Fit::Anyhow)]
    {
        let device = Device(device);
        assert_eq!(device.check(&compiled_for(device)), Ok(fit), "{device}");
    }
    let mut nothing = interpreted;
    nothing.ground.interpreter = false;
    assert!(Device(nothing).apply(&mut Options::default()).is_err());
}

#[test]
fn what_a_device_lacks_is_named() {
    type Change = fn(&mut Description);
    let image = compiled_for(Device(linux()));
    let refusal = |change: Change| {
        let mut device = linux();
        change(&mut device);
        Device(device).check(&image).expect_err("refused").to_string()
    };
    let cases: [(Change, &str); 8] = [
        (|d| d.cpu_features = 0, "needs the CPU feature `cmpxchg16b`, which this CPU does not have"),
        (|d| d.ground.native_signals = false, "`native-signals`"),
        (|d| d.ground.virtual_memory = false, "`virtual-memory`"),
        (|d| d.ground.builtin_groups = 1, "`bulk-memory`"),
        (|d| d.ground.architecture = Some(Architecture::Riscv64), "is for x86_64, this machine is riscv64"),
        (|d| d.ground.required = Some(Architecture::Pulley), "configured for pulley"),
        (|d| d.contract ^= 1, "precompiler of the runtime's version"),
        (|d| d.ground.endian = Endian::Big, "the image is little-endian, the device is big-endian"),
    ];
    for (change, words) in cases {
        let text = refusal(change);
        assert!(text.contains(words), "{text}");
    }
    let mut interpreted = linux();
    (interpreted.ground.architecture, interpreted.cpu_features) = (None, 0);
    let mut lacking = interpreted;
    (lacking.ground.interpreter_floats, lacking.ground.interpreter_vectors) = (false, false);
    for (body, words) in [
        ("(f64.store (i32.const 0) (f64.add (f64.load (i32.const 8)) (f64.const 1)))", "uses floats"),
        ("(v128.store (i32.const 0) (v128.load (i32.const 16)))", "uses vectors"),
        ("(i64.store (i32.const 0) (i64.load (i32.const 8)))", ""),
    ] {
        let module =
            wat::parse_str(format!("(module (memory 1) (func (export \"f\") {body}))")).expect("the text is right");
        let compile = |device: Device| {
            let mut options = Options::default();
            device.apply(&mut options).expect("a device that runs something");
            Precompiler::new(options).expect("options that fit").compile(&module)
        };
        let image = compile(Device(interpreted)).expect("it has all");
        assert_eq!(Device(interpreted).check(&image), Ok(Fit::Anyhow));
        match Device(lacking).check(&image) {
            Err(error) => assert!(!words.is_empty() && error.to_string().contains(words), "{error}"),
            fit => assert_eq!((words, fit), ("", Ok(Fit::Anyhow))),
        }
        // For the device, it is refused where it is compiled.
        assert_eq!(compile(Device(lacking)).is_ok(), words.is_empty(), "{body}");
    }
    let device = Device(linux());
    assert_eq!(device.check(b"hello"), Err(Refusal::Image(ImageError::NotAnImage)));
    let mut damaged = image.clone();
    if let Some(byte) = damaged.get_mut(70) {
        *byte ^= 1;
    }
    assert!(matches!(device.check(&damaged), Err(Refusal::Image(_))));
}
