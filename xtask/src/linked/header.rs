//! The headers of modules: each a header of C99, C11 and C++, also twice and together; their lists and types as they are used.

use crate::tool;
use anyhow::Result;
use std::fs;
use std::path::Path;
use std::process::Command;

const USE: &str = r#"
#include "blinky.h"
#include "pulse.h"
#include "blinky.h"

struct item { const char *name, *type; int is_function; };
enum kind { func, table, memory, global };
#define EXPORT(identifier, name, kind, type) { name, type, kind == func },
#define IMPORT(identifier, module, name, kind, type) { module "." name, type, kind == func },
static const struct item exports[] = { BLINKY_EXPORTS(EXPORT) };
static const struct item imports[] = { BLINKY_IMPORTS(IMPORT) };

/* As wide as the module has them. */
static int32_t beat(int32_t number) { return number; }
static blinky_import_board_blink *const given = beat;
typedef char blinky_takes_storage[BLINKY_STORAGE_SIZE >= 65536 && BLINKY_INSTANCE_SIZE % BLINKY_INSTANCE_ALIGN == 0 ? 1 : -1];
typedef char blinky_exports[BLINKY_EXPORTS_COUNT == sizeof exports / sizeof exports[0] ? 1 : -1];
typedef char blinky_imports[BLINKY_IMPORTS_COUNT == sizeof imports / sizeof imports[0] ? 1 : -1];
typedef char blinky_names[sizeof BLINKY_EXPORT_run == sizeof "run" ? 1 : -1];
const void *used(int which, blinky_export_run *run) {
  if (which == 0) return exports[0].name;
  if (which == 1) return imports[0].type;
  return run(given(1)) ? (const void *)&blinky : (const void *)&pulse;
}
"#;

pub(super) fn check(folder: &Path) -> Result<()> {
    for (compiler, standard, extension) in
        [("cc", "c99", "c"), ("cc", "c11", "c"), ("c++", "c++11", "cpp"), ("c++", "c++20", "cpp")]
    {
        let source = folder.join(format!("use.{extension}"));
        fs::write(&source, USE)?;
        let mut compile = Command::new(compiler);
        compile.arg(format!("-std={standard}")).args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]);
        compile.args(["-Wno-unused-local-typedefs", "-Wno-missing-field-initializers"]);
        tool::run(compile.arg(source))?;
    }
    Ok(())
}
