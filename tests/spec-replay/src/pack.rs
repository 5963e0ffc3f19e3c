//! A pack of scripts, taken apart.

use stilt_spec_script::Script;

/// All scripts of a pack.
pub(crate) fn scripts(mut pack: &[u8]) -> Result<Vec<Script<'_>>, String> {
    let mut scripts = Vec::new();
    while let Some((len, rest)) = pack.split_first_chunk() {
        let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|error| error.to_string())?;
        let (script, rest) = rest.split_at_checked(len).ok_or("the pack is cut short")?;
        scripts.push(Script::parse(script).map_err(|error| format!("script {}: {error}", scripts.len()))?);
        pack = rest;
    }
    if pack.is_empty() { Ok(scripts) } else { Err("the pack ends within a length".to_string()) }
}
