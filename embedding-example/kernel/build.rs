//! Names the linker script, and takes the guests in, from the folder that `STILT_KERNEL_IMAGES` names: images as bytes, objects by the
//! linker. Without it (for lints) there are none.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=STILT_KERNEL_IMAGES");
    let architecture = env::var("CARGO_CFG_TARGET_ARCH").expect("Cargo gives it");
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo gives it"));
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("none") {
        let script = here.join("src/arch").join(architecture).join("kernel.ld");
        println!("cargo::rerun-if-changed={}", script.display());
        println!("cargo::rustc-link-arg-bins=--script={}", script.display());
    }
    let mut list =
        String::from("/// Each guest's image, by its file's name.\npub static IMAGES: &[(&str, &[u8])] = &[\n");
    let mut linked = String::from(
        "/// Each guest that the linker has placed, by its name.\npub static LINKED: &[(&str, &stilt::LinkedImage)] = &[\n",
    );
    if let Some(folder) = env::var_os("STILT_KERNEL_IMAGES") {
        println!("cargo::rerun-if-changed={}", Path::new(&folder).display());
        let files = fs::read_dir(&folder).expect("STILT_KERNEL_IMAGES names a folder");
        let mut files: Vec<_> = files.map(|file| file.expect("a readable folder").path()).collect();
        files.sort();
        for file in files {
            let name = file.file_stem().expect("a file has a name").to_string_lossy();
            if file.extension().is_some_and(|extension| extension == "o") {
                println!("cargo::rustc-link-arg-bins={}", file.display());
                writeln!(linked, "    ({name:?}, stilt::linked_image!({name})),").expect("a string grows");
            }
            if file.extension().is_none_or(|extension| extension != "cwasm") {
                continue;
            }
            let size = fs::metadata(&file).expect("a file").len();
            // In a section of code, so that native images run where they lie; aligned as images ask to be.
            writeln!(
                list,
                "    ({name:?}, {{\n        #[unsafe(link_section = \".images\")]\n        \
                 static IMAGE: Aligned<[u8; {size}]> = Aligned(*include_bytes!({file:?}));\n        &IMAGE.0\n    }}),"
            )
            .expect("a string grows");
        }
    }
    let list = format!("{list}];\n{linked}];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo gives it"));
    fs::write(out.join("images.rs"), list).expect("the output folder can be written to");
}
