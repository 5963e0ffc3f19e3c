//! What Pulley has for types whose values fit into registers: no entry trampoline, as the runtime puts values there itself, and a
//! host trampoline of one instruction with the types behind it. See [`stilt_artifact::bytecode`].

use crate::signature::WasmSignature;
use crate::target::Target;
use pulley_interpreter::encode;
use stilt_artifact::builtins::HOST_CALL_REGISTERS;
use stilt_artifact::bytecode;
use stilt_artifact::types::ValueType;

/// Whether this type's values cross in the interpreter's registers.
pub fn cross(target: &Target, signature: &WasmSignature) -> bool {
    let fits = |types: &[ValueType]| bytecode::fits(&bytes(types));
    target.host_calls() && fits(&signature.params) && fits(&signature.results)
}

/// The bytes of a host trampoline for a type whose values [`cross`].
pub fn host(signature: &WasmSignature) -> Vec<u8> {
    let mut code = Vec::new();
    encode::call_indirect_host(&mut code, HOST_CALL_REGISTERS);
    for types in [&signature.params, &signature.results] {
        // What fits is few.
        code.push(u8::try_from(types.len()).unwrap_or(u8::MAX));
    }
    code.extend(bytes(&signature.params));
    code.extend(bytes(&signature.results));
    code
}

fn bytes(types: &[ValueType]) -> Vec<u8> {
    types.iter().map(|ty| *ty as u8).collect()
}
