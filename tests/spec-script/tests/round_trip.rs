//! What the writer writes is what the reader reads, and nothing else is readable.

use stilt_spec_script::{
    Action, ActionSpec, Command, Expected, F32Pattern, F64Pattern, HeapKind, IMAGE_ALIGN, Script, ScriptErrorKind,
    ScriptWriter, Value,
};

const VALUES: [Value; 8] = [
    Value::I32(7),
    Value::I64(u64::MAX),
    Value::F32(0x7fc0_0000),
    Value::F64(1 << 63),
    Value::V128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
    Value::RefNull(HeapKind::Func),
    Value::RefNull(HeapKind::Extern),
    Value::RefExtern(3),
];

const PATTERNS: [Expected; 8] = [
    Expected::Exactly(Value::I32(1)),
    Expected::Exactly(Value::RefFunc),
    Expected::F32(F32Pattern::Arithmetic),
    Expected::F64(F64Pattern::Canonical),
    Expected::F32x4([F32Pattern::Bits(1), F32Pattern::Canonical, F32Pattern::Arithmetic, F32Pattern::Bits(2)]),
    Expected::F64x2([F64Pattern::Bits(1), F64Pattern::Arithmetic]),
    Expected::AnyNull,
    Expected::AnyExtern,
];

/// A script with every command, value and pattern in it.
fn sample() -> Vec<u8> {
    let invoke = ActionSpec::Invoke { slot: 0, name: "run é".into(), arguments: VALUES.to_vec() };
    let get = ActionSpec::Get { slot: 2, name: "g".into() };
    let mut patterns: Vec<_> = PATTERNS.iter().map(|pattern| vec![*pattern]).collect();
    patterns.push(PATTERNS.to_vec());
    let mut writer = ScriptWriter::new("sample.wast");
    writer.module(1, 0, b"first image");
    writer.define(2, 0, &[9; 100]);
    writer.instantiate(3, 1, 0);
    writer.register(4, 1, "M");
    writer.invoke(5, &invoke);
    writer.assert_return(6, &invoke, &patterns);
    writer.assert_return(7, &get, &[]);
    writer.assert_trap(8, &invoke, "unreachable");
    writer.assert_exhaustion(9, &invoke, "call stack exhausted");
    writer.assert_module_trap(10, b"", "integer overflow");
    writer.assert_unlinkable(11, b"last image", "unknown import");
    writer.finish().expect("the sample is small")
}

/// Everything that a script says, for comparison.
fn describe(script: &Script<'_>) -> Vec<String> {
    let action = |action: Action<'_>| match action {
        Action::Invoke { slot, name, arguments } => format!("{slot}.{name}{:?}", arguments.collect::<Vec<_>>()),
        Action::Get { slot, name } => format!("{slot}.{name}"),
    };
    script
        .commands()
        .map(|(line, command)| {
            let text = match command {
                Command::Module { slot, image } => format!("module {slot} {}", image.len()),
                Command::Define { definition, image } => {
                    format!("define {definition} {}", image.len())
                }
                Command::Instantiate { slot, definition } => {
                    format!("instantiate {slot} {definition}")
                }
                Command::Register { slot, name } => format!("register {slot} {name}"),
                Command::Invoke(a) => format!("invoke {}", action(a)),
                Command::AssertReturn { action: a, expected } => {
                    let expected: Vec<Vec<_>> = expected.map(Iterator::collect).collect();
                    format!("return {} {expected:?}", action(a))
                }
                Command::AssertTrap { action: a, message } => {
                    format!("trap {} {message}", action(a))
                }
                Command::AssertExhaustion { action: a, message } => {
                    format!("exhaustion {} {message}", action(a))
                }
                Command::AssertModuleTrap { image, message } => {
                    format!("module trap {} {message}", image.len())
                }
                Command::AssertUnlinkable { image, message } => {
                    format!("unlinkable {} {message}", String::from_utf8_lossy(image))
                }
            };
            format!("{line}: {text}")
        })
        .collect()
}

#[test]
fn what_is_written_is_read() {
    let bytes = sample();
    let script = Script::parse(&bytes).expect("the writer wrote it");
    assert_eq!(script.name(), "sample.wast");
    assert_eq!((script.slots(), script.definitions()), (2, 1));
    let values = format!("{VALUES:?}");
    let mut patterns: Vec<_> = PATTERNS.iter().map(|pattern| vec![*pattern]).collect();
    patterns.push(PATTERNS.to_vec());
    assert_eq!(
        describe(&script),
        [
            "1: module 0 11".to_string(),
            "2: define 0 100".into(),
            "3: instantiate 1 0".into(),
            "4: register 1 M".into(),
            format!("5: invoke 0.run é{values}"),
            format!("6: return 0.run é{values} {patterns:?}"),
            "7: return 2.g []".into(),
            format!("8: trap 0.run é{values} unreachable"),
            format!("9: exhaustion 0.run é{values} call stack exhausted"),
            "10: module trap 0 integer overflow".into(),
            "11: unlinkable last image unknown import".into(),
        ]
    );
    let assertions = script.commands().filter(|(_, c)| c.is_assertion()).count();
    assert_eq!(assertions, 6);
}

#[test]
fn images_stand_where_they_can_run() {
    let bytes = sample();
    let script = Script::parse(&bytes).expect("the writer wrote it");
    for (_, command) in script.commands() {
        if let Command::Module { image, .. } | Command::Define { image, .. } = command {
            let offset = image.as_ptr().addr() - bytes.as_ptr().addr();
            assert_eq!(offset % IMAGE_ALIGN, 0);
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = sample();
    for length in 0..bytes.len() {
        assert!(Script::parse(&bytes[..length]).is_err(), "length {length}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(Script::parse(&longer).is_ok());
}

#[test]
fn changed_bytes_are_errors_or_other_scripts() {
    let bytes = sample();
    for at in 0..bytes.len() {
        for change in [1, 0x7f, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(script) = Script::parse(&changed) {
                // Everything can be read to its end.
                assert_eq!(describe(&script).len(), 11, "byte {at}");
            }
        }
    }
}

#[test]
fn errors_say_what_and_where() {
    assert_eq!(Script::parse(b"\0asm\x01\0\0\0\0\0").map(|_| ()).map_err(|e| e.kind), Err(ScriptErrorKind::NotAScript));
    let mut other = sample();
    other[8] = 9;
    let error = Script::parse(&other).expect_err("another version");
    assert_eq!(error.to_string(), "script of version 9 at offset 8");
}
