//! Gives the linker `memory.x` for the board, and takes the images of the guests in: from the folder that `STILT_FIRMWARE_IMAGES` names.
//! Without it (for lints) there are none.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=STILT_FIRMWARE_IMAGES");
    println!("cargo::rerun-if-changed=memory");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo gives it"));
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo gives it"));
    let script =
        here.join("memory").join(env::var("CARGO_CFG_TARGET_ARCH").expect("Cargo gives it")).with_extension("x");
    if script.exists() {
        fs::copy(script, out.join("memory.x")).expect("the output folder can be written to");
        println!("cargo::rustc-link-search={}", out.display());
    }

    let mut list = String::from("/// Each image, by its file's name.\npub static IMAGES: &[(&str, &[u8])] = &[\n");
    if let Some(folder) = env::var_os("STILT_FIRMWARE_IMAGES") {
        println!("cargo::rerun-if-changed={}", Path::new(&folder).display());
        let files = fs::read_dir(&folder).expect("STILT_FIRMWARE_IMAGES names a folder");
        let mut files: Vec<_> = files.map(|file| file.expect("a readable folder").path()).collect();
        files.sort();
        for file in files {
            let name = file.file_stem().expect("a file has a name").to_string_lossy();
            let size = fs::metadata(&file).expect("a file").len();
            // In a place of their own in flash, aligned as images ask to be.
            writeln!(
                list,
                "    ({name:?}, {{\n        #[unsafe(link_section = \".images\")]\n        \
                 static IMAGE: Aligned<[u8; {size}]> = Aligned(*include_bytes!({file:?}));\n        &IMAGE.0\n    }}),"
            )
            .expect("a string grows");
        }
    }
    list.push_str("];\n");
    fs::write(out.join("images.rs"), list).expect("the output folder can be written to");
}
