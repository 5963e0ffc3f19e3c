//! Each refusal, and what it says.

extern crate std;

use super::*;
use std::string::ToString;
use stilt_artifact::target::{Convention, TrapMode};

const POINTER_WIDTH: u8 = if cfg!(target_pointer_width = "64") { 8 } else { 4 };

fn image() -> ImageHeader {
    ImageHeader {
        magic: stilt_artifact::header::MAGIC,
        abi: stilt_artifact::ABI,
        byte_order: 0,
        pointer_width: POINTER_WIDTH,
        architecture: Architecture::X86_64 as u8,
        convention: Convention::Parameter as u8,
        trap_mode: TrapMode::Explicit as u8,
        code_align_log2: 4,
        modules: 1,
        cpu_features: 0,
        flags: 0,
        builtin_groups: Group::Core.bit(),
        tables_len: 0,
        code_len: 0,
        code: 0,
        data: 0,
        data_len: 0,
        image_len: 0,
        max_frame: 0,
        file_len: 0,
        signature: 0,
        signature_len: 0,
        contract: stilt_artifact::contract::FINGERPRINT,
        build_id: [0; 16],
        rest_checksum: 0,
        tables_checksum: 0,
    }
}

fn refusal(config: &Config, change: impl FnOnce(&mut ImageHeader)) -> LoadError {
    let mut header = image();
    change(&mut header);
    check(config, &header).expect_err("refused")
}

#[test]
#[cfg(target_arch = "x86_64")]
fn what_fits_is_taken() {
    assert_eq!(check(&Config::new(), &image()), Ok(()));
}

#[test]
fn other_machines() {
    let config = Config::new();
    let error = refusal(&config, |image| image.architecture = Architecture::S390x as u8);
    assert!(error.to_string().starts_with("the image is for s390x, this machine is"), "{error}");
    let error = refusal(&config, |image| image.architecture = 99);
    assert!(error.to_string().starts_with("the image is for an unknown architecture"), "{error}");
    let error = refusal(&config, |image| {
        image.architecture = Architecture::Pulley as u8;
        image.pointer_width = 12 - POINTER_WIDTH;
    });
    assert!(matches!(error, LoadError::PointerWidth { .. }), "{error}");
}

#[test]
#[cfg(target_arch = "x86_64")]
fn other_ways() {
    let mut config = Config::new();
    let error = refusal(&config, |image| image.convention = 77);
    assert_eq!(error, LoadError::Convention { found: 77 });
    let error = refusal(&config, |image| image.trap_mode = 7);
    assert_eq!(error, LoadError::TrapMode { found: 7 });
    let error = refusal(&config, |image| image.builtin_groups |= 1 << 30);
    assert_eq!(error, LoadError::Builtins { group: None });
    let mut header = image();
    header.builtin_groups |= Group::Float.bit();
    let loads = check(&config, &header);
    assert_eq!(loads.is_ok(), cfg!(feature = "soft-float"), "{loads:?}");
    if let Err(error) = loads {
        assert!(error.to_string().contains("`soft-float`"), "{error}");
    }
    config.target("pulley64").expect("runs here");
    let error = refusal(&config, |_| ());
    assert_eq!(error.to_string(), "the image is for x86_64, the engine was configured for pulley");
}

#[test]
#[cfg(all(target_arch = "x86_64", feature = "virtual-memory", feature = "native-signals"))]
fn hardware_traps_can_be_forbidden() {
    let hardware = |image: &mut ImageHeader| image.trap_mode = TrapMode::Hardware as u8;
    let mut config = Config::new();
    let mut header = image();
    hardware(&mut header);
    assert_eq!(check(&config, &header), Ok(()));
    config.signals_based_traps(false);
    assert_eq!(refusal(&config, hardware), LoadError::SignalsForbidden);
}

#[test]
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the detector of the test is trusted")]
fn cpu_features_are_named() {
    let sse41 = 1 << 3;
    let mut config = Config::new();
    let needs = |image: &mut ImageHeader| image.cpu_features = sse41;
    // SAFETY: nothing runs here.
    unsafe { config.detect_host_feature(|name| Some(name != "sse4.1")) };
    let error = refusal(&config, needs);
    assert!(
        error.to_string().starts_with("the image needs the CPU feature `sse4.1`, which this CPU does not have"),
        "{error}"
    );
    // SAFETY: nothing runs here.
    unsafe { config.detect_host_feature(|_| None) };
    let error = refusal(&config, needs);
    assert!(error.to_string().contains("detect_host_feature"), "{error}");
    let error = refusal(&config, |image| image.cpu_features = 1 << 63);
    assert_eq!(error, LoadError::CpuFeature { name: None, present: None });
    // SAFETY: nothing runs here.
    unsafe { config.detect_host_feature(|_| Some(true)) };
    let mut header = image();
    header.cpu_features = sse41;
    assert_eq!(check(&config, &header), Ok(()));
}
