//! What to compile for what, and where each image goes: settled before anything is compiled.

use super::Arguments;
use crate::compiler::Choice;
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One image to be made.
pub(super) struct Task {
    pub(super) module: PathBuf,
    /// Which of the plan's choices.
    pub(super) choice: usize,
    pub(super) image: PathBuf,
}

/// Everything to be made: module after module, each for every choice.
pub(super) struct Plan {
    pub(super) choices: Vec<Choice>,
    pub(super) tasks: Vec<Task>,
}

impl Plan {
    pub(super) fn new(arguments: &Arguments) -> Result<Plan> {
        let choices = arguments.compiler.choices(arguments.strip)?;
        let count = arguments.modules.len() * choices.len();
        if arguments.object.wanted()? {
            arguments.object.check_count(arguments.modules.len(), count)?;
        }
        let mut tasks = Vec::new();
        for module in &arguments.modules {
            for (number, choice) in choices.iter().enumerate() {
                let image = match &arguments.output {
                    Some(path) if count == 1 => path.clone(),
                    Some(_) => bail!("--output names one image, and {count} are to be made: use --out-dir"),
                    None => {
                        let name = (choices.len() > 1).then_some(&*choice.name);
                        beside(module, arguments.out_dir.as_deref(), name, arguments.object.extension())
                    }
                };
                tasks.push(Task { module: module.clone(), choice: number, image });
            }
        }
        let plan = Plan { choices, tasks };
        // Options that do not fit are told before anything is made.
        plan.choices.iter().try_for_each(|choice| choice.precompiler(None).map(drop))?;
        let mut headers = Vec::new();
        if arguments.object.wanted()? && !arguments.print_key {
            for task in &plan.tasks {
                headers.push((arguments.object.header(task)?, task));
            }
        }
        plan.check_paths(arguments.print_key, &headers)?;
        Ok(plan)
    }

    pub(super) fn choice(&self, task: &Task) -> Option<&Choice> {
        self.choices.get(task.choice)
    }

    pub(super) fn writes_to_stdout(&self) -> bool {
        self.tasks.iter().any(|task| task.image == Path::new("-"))
    }

    /// No image or header of one replaces a module or another image.
    fn check_paths(&self, only_keys: bool, headers: &[(PathBuf, &Task)]) -> Result<()> {
        if only_keys {
            return Ok(());
        }
        let mut images = BTreeMap::new();
        let written = self.tasks.iter().map(|task| (&task.image, task));
        for (path, task) in written.chain(headers.iter().map(|(path, task)| (path, *task))) {
            let image = path.display();
            // A folder has no name to lend, and cannot be read anyhow.
            if path.file_name().is_none() {
                continue;
            }
            if self.tasks.iter().any(|other| other.module == *path) {
                bail!("{image}: the image would replace the module: name another place with --output or --out-dir");
            }
            if let Some(other) = images.insert(path, &task.module) {
                let (first, second) = (other.display(), task.module.display());
                bail!("{image}: the images of {first} and {second} would have the same name");
            }
        }
        Ok(())
    }
}

/// The image's path: the module's, in another folder if there is one, with the name of the choice if there are several.
fn beside(module: &Path, folder: Option<&Path>, choice: Option<&str>, extension: &str) -> PathBuf {
    let extension = choice.map_or(extension.to_owned(), |name| format!("{name}.{extension}"));
    let image = module.with_extension(extension);
    match (folder, image.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => image,
    }
}
