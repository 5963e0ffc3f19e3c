//! Targets resolve to what their options say, or are refused by name.

use super::*;

#[test]
fn every_target_resolves() {
    for name in TARGETS {
        let target = Target::new(&Options::for_target(name.name)).expect(name.name);
        assert_eq!(target.isa().pointer_type(), target.pointer_type());
        assert_eq!(target.isa().pointer_bytes(), target.pointer_width());
    }
    let linux = Target::new(&Options::for_target("x86_64-unknown-linux-gnu")).expect("a triple");
    assert_eq!(linux.name(), "x86_64");
    // sse3 to popcnt, and cmpxchg16b: what x86-64-v2 is.
    assert_eq!(linux.cpu_features(), 0b11_1111);
}

#[test]
fn triples_and_defaults_of_other_machines() {
    let resolved = |triple: &str, change: fn(&mut Options)| {
        let mut options = Options::for_target(triple);
        change(&mut options);
        let target = Target::new(&options).expect(triple);
        let features = target.architecture().features().iter().copied().filter(|name| target.has_feature(name));
        (target.name(), target.cpu().to_owned(), features.collect::<Vec<_>>().join(" "))
    };
    for (triple, name, cpu, features) in [
        ("aarch64-unknown-linux-gnu", "aarch64", "armv8-a", ""),
        ("arm64-apple-darwin", "aarch64", "armv8-a", ""),
        ("riscv64gc-unknown-none-elf", "riscv64", "rv64gc", "zca zcd"),
        ("riscv64", "riscv64", "rv64gc", "zca zcd"),
        ("riscv64a23-unknown-linux-gnu", "riscv64", "rv64gc", "zca zcd"),
        // Kernels'. C without D has no compressed loads of doubles.
        ("riscv64imac-unknown-none-elf", "riscv64", "rv64gc", "zca"),
        ("riscv64ima-unknown-none-elf", "riscv64", "rv64g", ""),
        ("riscv64imafdc-unknown-none-elf", "riscv64", "rv64gc", "zca zcd"),
        ("s390x-unknown-linux-gnu", "s390x", "z14", ""),
    ] {
        assert_eq!(resolved(triple, |_| ()), (name, cpu.to_owned(), features.to_owned()));
    }
    let float = |triple: &str, asked: Option<FloatMode>| {
        let options = Options { float: asked, ..Options::for_target(triple) };
        Target::new(&options).expect(triple).float()
    };
    assert_eq!(float("riscv64imac-unknown-none-elf", None), FloatMode::Soft);
    assert_eq!(float("riscv64imac-unknown-none-elf", Some(FloatMode::Hard)), FloatMode::Hard);
    assert_eq!(float("aarch64-unknown-none-softfloat", None), FloatMode::Soft);
    assert_eq!(float("riscv64gc-unknown-none-elf", None), FloatMode::Hard);
    assert_eq!(float("x86_64-unknown-none", None), FloatMode::Hard);
    assert_eq!(resolved("aarch64", |o| o.cpu = Some("armv8.4-a".into())).2, "lse pauth dotprod");
    assert_eq!(resolved("s390x", |o| o.cpu = Some("z15".into())).2, "mie3 vxrs_ext2");
    // What is asked for by name comes last.
    let without_v = resolved("riscv64", |o| {
        o.cpu = Some("rva23u64".into());
        o.cpu_features = vec![("v".into(), false), ("zbc".into(), true)];
    });
    assert!(!without_v.2.starts_with("v ") && without_v.2.contains("zbc"), "{}", without_v.2);
}

#[test]
fn every_cpu_of_the_lists_is_known_to_cranelift() {
    for name in TARGETS {
        for (cpu, features) in super::cpu::cpus(name.architecture()) {
            let options = Options { cpu: Some((*cpu).to_owned()), ..Options::for_target(name.name) };
            let target = Target::new(&options).expect(cpu);
            assert!(features.iter().all(|feature| target.has_feature(feature)), "{cpu}");
        }
    }
}

#[test]
fn vectors_need_v_on_riscv64_only() {
    let missing = |name: &str, features: &[&str]| {
        let mut options = Options::for_target(name);
        options.cpu_features = features.iter().map(|feature| ((*feature).to_owned(), true)).collect();
        Target::new(&options).expect(name).missing_for_vectors()
    };
    assert_eq!(missing("riscv64", &[]), Some("v"));
    assert_eq!(missing("riscv64", &["v"]), None);
    for name in TARGETS.iter().filter(|name| name.name != "riscv64") {
        assert_eq!(missing(name.name, &[]), None);
    }
}

#[test]
fn branch_protection_is_for_aarch64() {
    let protected = |name: &str| {
        let mut options = Options::for_target(name);
        (options.bti, options.pac) = (true, true);
        Target::new(&options)
    };
    let flags = flags::BRANCH_TARGETS | flags::SIGNED_RETURNS;
    assert_eq!(protected("aarch64").expect("has both").protection(), flags);
    assert_eq!(Target::new(&Options::for_target("aarch64")).expect("defaults").protection(), 0);
    let error = protected("x86_64").expect_err("has neither");
    assert_eq!(error.to_string(), "target x86_64 has no branch protection: --bti is for aarch64");
}

#[test]
fn levels_have_all_that_they_are_made_of() {
    let features = |cpu: &str| {
        let options = Options { cpu: Some(cpu.into()), ..Options::default() };
        let bits = Target::new(&options).expect("a CPU").cpu_features();
        let names = Architecture::X86_64.features().iter().enumerate();
        names.filter(|(bit, _)| bits >> bit & 1 != 0).map(|(_, name)| *name).collect::<Vec<_>>()
    };
    let v3 = features("x86-64-v3");
    assert!(["avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt"].iter().all(|name| v3.contains(name)), "{v3:?}");
    assert!(!v3.contains(&"avx512f"));
    let v4 = features("x86-64-v4");
    assert!(["avx", "avx512f", "avx512dq", "avx512vl"].iter().all(|name| v4.contains(name)), "{v4:?}");
    assert!(!features("x86-64-v2").contains(&"avx"));
}

#[test]
fn bad_options_are_named() {
    let error = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        Target::new(&options).expect_err("must be refused")
    };
    assert!(matches!(error(|o| o.target = "vax".into()), OptionsError::UnknownTarget(_)));
    assert!(matches!(error(|o| o.target = "x86_64-pc-windows-msvc".into()), OptionsError::UnsupportedSystem(_)));
    assert!(matches!(error(|o| o.cpu = Some("z80".into())), OptionsError::UnknownCpu { .. }));
    let z13 = error(|o| {
        o.target = "s390x".into();
        o.cpu = Some("z13".into());
    });
    assert_eq!(z13.to_string(), "target s390x has no CPU named `z13`: known are z14, z15, z16, z17");
    assert!(matches!(error(|o| o.cpu = Some("sse42".into())), OptionsError::UnknownCpu { .. }));
    assert!(matches!(error(|o| o.cpu = Some("baseline".into())), OptionsError::MissingFeature { .. }));
    assert!(matches!(error(|o| o.cpu_features = vec![("mmx".into(), true)]), OptionsError::UnknownFeature { .. }));
    assert!(matches!(error(|o| o.cpu_features = vec![("sse4.1".into(), false)]), OptionsError::MissingFeature { .. }));
    assert!(matches!(
        error(|o| {
            o.target = "pulley64".into();
            o.traps = Some(TrapMode::Hardware);
        }),
        OptionsError::HardwareTraps { .. }
    ));
    assert!(matches!(
        error(|o| o.memory = Some(MemoryStyle::Reserved { reservation: 5, guard: 0 })),
        OptionsError::MemorySize
    ));
}

#[test]
fn plans_say_what_needs_no_test() {
    let shape = MemoryShape { min: 1 << 16, max: None, index64: false, small: false };
    let hardware = Target::new(&Options::default()).expect("defaults").memory_plan(shape);
    assert!(hardware.fixed_base && hardware.covers(32 << 20) && !hardware.covers((32 << 20) + 1));
    let options = Options { traps: Some(TrapMode::Explicit), ..Options::default() };
    let explicit = Target::new(&options).expect("explicit").memory_plan(shape);
    assert!(!explicit.fixed_base && !explicit.covers(1));
    let fixed = Target::new(&options).expect("explicit").memory_plan(MemoryShape { max: Some(1 << 16), ..shape });
    assert!(fixed.fixed_base);
}
