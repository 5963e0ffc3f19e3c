//! Loading: in place and from a copy, and everything that is refused.

use core::ptr::NonNull;

use stilt::{Config, Engine, ImageError, Instance, LoadError, Module, Refusal, Result, Store};
use stilt_embedding_tests::{Ground, compile, in_flash, load};
use stilt_precompiler::Options;

use crate::everywhere;

const WAT: &str = r#"(module $named (func (export "f") (result i32) (i32.const 42)))"#;

fn answer(engine: &Engine, module: &Module) -> Result<i32> {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[])?;
    instance.get_typed_func::<(), i32>(&mut store, "f")?.call(&mut store, ())
}

#[test]
fn in_place() {
    everywhere(|ground| {
        for strip in [false, true] {
            let mut options = ground.options();
            options.strip = strip;
            let image = compile(WAT, options)?;
            let place = in_flash(&image);
            let engine = ground.engine()?;
            // SAFETY: the image was just made, and lies still, executable, for the rest of the process.
            let module = unsafe { Module::deserialize_raw(&engine, place) }?;
            assert_eq!(answer(&engine, &module)?, 42);
            module.verify()?;
            let range = module.image_range();
            let start = place.cast::<u8>().as_ptr().cast_const();
            assert!(range.start >= start && range.end <= start.wrapping_add(place.len()), "nothing was copied");
            assert_eq!(module.name(), if strip { None } else { Some("named") });
        }
        Ok(())
    });
}

#[test]
fn at_a_wrong_place() {
    everywhere(|ground| {
        let image = ground.image(WAT)?;
        let engine = ground.engine()?;
        let mut room = vec![0u8; image.len() + 64];
        for shift in 1..16 {
            let start = room.as_ptr().align_offset(64) + shift;
            room[start..start + image.len()].copy_from_slice(&image);
            let place = NonNull::from(&room[start..start + image.len()]);
            // SAFETY: it is not run, as it lies at a wrong place.
            let error = unsafe { Module::deserialize_raw(&engine, place) }.unwrap_err();
            assert!(error.to_string().contains("align"), "{error}");
        }
        Ok(())
    });
}

#[test]
fn modules_outlive_their_bytes() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let image = ground.image(WAT)?;
        let module = load(&engine, &image)?;
        drop(image);
        let other = module.clone();
        drop(module);
        assert_eq!(answer(&engine, &other)?, 42);
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &other, &[])?;
        drop(other);
        assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "f")?.call(&mut store, ())?, 42);
        Ok(())
    });
}

#[test]
fn not_images() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let image = ground.image(WAT)?;
        for (bytes, expected) in [
            (&b""[..], "not a Stilt image"),
            (b"hello", "not a Stilt image"),
            (b"\0asm\x01\0\0\0", "compile it with"),
            (&image[..image.len() / 2], "cut short"),
        ] {
            let error = load(&engine, bytes).unwrap_err();
            assert!(error.to_string().contains(expected), "{ground:?}: {error}");
        }
        Ok(())
    });
}

#[test]
fn not_for_here() -> Result<()> {
    let engine = Engine::default();
    for (target, expected) in [("pulley32", "32-bit"), ("pulley64be", "big-endian"), ("pulley32be", "big-endian")] {
        let image = compile(WAT, stilt_precompiler::Options::for_target(target))?;
        let error = load(&engine, &image).unwrap_err();
        assert!(error.to_string().contains(expected), "{target}: {error}");
    }
    let hardware = Ground::Hardware.image(WAT)?;
    let error = load(&Ground::Explicit.engine()?, &hardware).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&LoadError::SignalsForbidden));
    let mut config = Config::new();
    let engine = Engine::new(config.target("pulley64")?)?;
    assert!(matches!(load(&engine, &hardware).unwrap_err().downcast_ref(), Some(LoadError::Target { .. })));
    let mut config = Config::new();
    // SAFETY: it says less than is true.
    unsafe { config.detect_host_feature(|_| Some(false)) };
    let mut options = Ground::Hardware.options();
    options.cpu_features = vec![("avx2".to_owned(), true)];
    let error = load(&Engine::new(&config)?, &compile(WAT, options)?).unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(LoadError::CpuFeature { .. })), "{error}");
    Ok(())
}

#[test]
fn threads_share_modules() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(&engine, WAT)?;
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        assert_eq!(answer(&engine, &module).unwrap(), 42);
                    }
                });
            }
        });
        Ok(())
    });
}

/// What a device says about an image that is not for it, in a buffer of its own.
#[test]
fn images_of_other_machines_are_told_without_memory() -> Result<()> {
    let engine = Engine::new(&Config::new())?;
    let native = if cfg!(target_arch = "x86_64") { "x86_64" } else { "another" };
    for (target, features, words) in [
        ("aarch64", &[][..], "the image is for aarch64, this machine is"),
        ("riscv64", &["v"], "the image is for riscv64, this machine is"),
        ("s390x", &[], "big-endian"),
        ("pulley64be", &[], "big-endian"),
        ("pulley32", &[], "the image is for 32-bit machines, this one has 64 bits"),
        ("x86_64", &["avx512f", "avx512vbmi", "avx512bitalg"], ""),
    ] {
        let mut options = Options::for_target(target);
        options.cpu_features = features.iter().map(|name| ((*name).to_owned(), true)).collect();
        let image = compile(WAT, options)?;
        if target == native {
            // Whatever this CPU has, another one may lack.
            let mut config = Config::new();
            // SAFETY: nothing is run.
            unsafe { config.detect_host_feature(|name| Some(!name.starts_with("avx512"))) };
            let refusal = Engine::new(&config)?.accepts(&image).unwrap_err();
            assert!(refusal.to_string().contains("`avx512bitalg`, which this CPU does not have"), "{refusal}");
            continue;
        }
        let refusal = engine.accepts(&image).unwrap_err();
        let text = refusal.to_string();
        assert!(text.contains(words), "{target}: {text}");
        // Loading refuses it too, in the same words.
        // SAFETY: it is not run.
        let error = unsafe { Module::deserialize(&engine, &image) }.unwrap_err();
        assert_eq!(error.to_string(), text);
        // A value without an owner: there is nothing that would have to be allocated.
        let copy = refusal;
        assert_eq!(copy, refusal);
    }
    assert_eq!(engine.accepts(b"\0asm\x01\0\0\0"), Err(Refusal::Image(ImageError::WasmModule)));
    assert!(engine.accepts(&Ground::Explicit.image(WAT)?).is_ok());
    Ok(())
}
