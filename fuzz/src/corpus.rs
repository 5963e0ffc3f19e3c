//! What a fuzzer guided by coverage begins with: whole images and modules, and choices for the generators.

use std::path::{Path, PathBuf};
use stilt_differential_tests::random::Random;
use stilt_differential_tests::{hot_spots, load, smith};

/// Generated modules of each kind.
const MODULES: u64 = 100;
/// Choices for each generator.
const CHOICES: u64 = 400;

/// Writes a corpus for each target into a folder of its name. `files` are modules that are taken as well.
pub fn write(folder: &Path, files: &[&str]) {
    let place = |target: &str, name: String| -> PathBuf {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("making a folder");
        folder.join(name)
    };
    let mut modules: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).expect("reading a file")).collect();
    for seed in 0..MODULES {
        modules.extend(smith::module(seed));
        modules.extend(hot_spots::program(seed).modules);
    }
    for (number, module) in (0..).zip(&modules) {
        std::fs::write(place("compile", number.to_string()), module).expect("writing a file");
        for (which, image) in load::images(module, number).iter().enumerate() {
            std::fs::write(place("load", format!("{number}-{which}")), image).expect("writing a file");
        }
    }
    for seed in 0..CHOICES {
        let mut random = Random::new(seed);
        for (target, sizes) in [("differential", [300, 1_000, 4_000]), ("hot_spots", [100, 400, 1_500])] {
            let size = random.pick(&sizes);
            std::fs::write(place(target, seed.to_string()), random.bytes(size)).expect("writing a file");
        }
    }
}
