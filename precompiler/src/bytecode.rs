//! Pulley's bytecode as Cranelift makes it: the instructions at which the interpreter finds traps that Cranelift tells nothing of.
//! These are accesses that are joined with their bounds test, divisions and conversions, and whatever takes stack.

use pulley_interpreter::encode::Encode;
use pulley_interpreter::{for_each_extended_op, for_each_op, op};
use stilt_artifact::trap::TrapCode;

/// What is known of an instruction by its opcode.
struct Instruction {
    /// Its bytes, all but the targets of a table.
    width: u8,
    /// What the interpreter finds here by itself. Where it finds several kinds, one of them: it tells which it was.
    trap: Option<TrapCode>,
    /// Its last four bytes count targets of four bytes each, which follow.
    table: bool,
}

macro_rules! instructions {
    ($(
        $( #[$attr:meta] )*
        $snake_name:ident = $name:ident $( {
            $( $( #[$field_attr:meta] )* $field:ident : $field_ty:ty ),*
        } )? ;
    )*) => {
        &[$( Instruction {
            width: <op::$name as Encode>::WIDTH,
            trap: trap(stringify!($snake_name)),
            table: same(stringify!($snake_name), "br_table32"),
        } ),*]
    };
}

/// By opcode. One more opcode announces those of [`EXTENDED`].
const PLAIN: &[Instruction] = for_each_op!(instructions);
/// By the two bytes behind that one.
const EXTENDED: &[Instruction] = for_each_extended_op!(instructions);

const fn trap(name: &str) -> Option<TrapCode> {
    if ends(name, "_g32") || ends(name, "_g32bne") {
        return Some(TrapCode::MemoryOutOfBounds);
    }
    if starts(name, "xdiv") || starts(name, "xrem") {
        return Some(TrapCode::IntegerDivisionByZero);
    }
    if (starts(name, "x32_from_f") || starts(name, "x64_from_f")) && !ends(name, "_sat") {
        return Some(TrapCode::BadConversionToInteger);
    }
    let stack = same(name, "push_frame") || same(name, "push_frame_save") || same(name, "stack_alloc32");
    if stack { Some(TrapCode::StackOverflow) } else { None }
}

const fn same(name: &str, other: &str) -> bool {
    name.len() == other.len() && ends(name, other)
}

const fn starts(name: &str, start: &str) -> bool {
    match name.as_bytes().split_at_checked(start.len()) {
        Some((name, _)) => {
            let mut at = 0;
            while at < name.len() && name[at] == start.as_bytes()[at] {
                at += 1;
            }
            at == name.len()
        }
        None => false,
    }
}

const fn ends(name: &str, end: &str) -> bool {
    let (name, end) = (name.as_bytes(), end.as_bytes());
    let mut at = 0;
    while at < end.len() {
        if at >= name.len() || name[name.len() - 1 - at] != end[end.len() - 1 - at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The offsets of such instructions, in order; or the offset of what is no instruction.
pub(crate) fn traps(code: &[u8]) -> Result<Vec<(u32, TrapCode)>, usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&opcode) = code.get(at) {
        let instruction = match PLAIN.get(usize::from(opcode)) {
            Some(instruction) => instruction,
            None if usize::from(opcode) == PLAIN.len() => {
                let extended = code.get(at + 1..).and_then(|rest| rest.first_chunk()).ok_or(at)?;
                EXTENDED.get(usize::from(u16::from_le_bytes(*extended))).ok_or(at)?
            }
            None => return Err(at),
        };
        let bytes = code.get(at..at + usize::from(instruction.width)).ok_or(at)?;
        if let Some(trap) = instruction.trap {
            found.push((u32::try_from(at).map_err(|_| at)?, trap));
        }
        let targets = match bytes.last_chunk() {
            Some(count) if instruction.table => u32::from_le_bytes(*count) as usize,
            _ => 0,
        };
        at = targets.checked_mul(4).and_then(|targets| at.checked_add(bytes.len() + targets)).ok_or(at)?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulley_interpreter::regs::{BinaryOperands, XReg};
    use pulley_interpreter::{AddrG32, PcRelOffset, encode};

    #[test]
    fn instructions_are_told_apart() {
        let mut code = Vec::new();
        encode::push_frame(&mut code);
        encode::br_table32(&mut code, XReg::x3, 2u32);
        // Targets that look like an access.
        let start = code.len();
        let access = AddrG32 { host_heap_base: XReg::x1, host_heap_bound: XReg::x2, wasm_addr: XReg::x3, offset: 4 };
        let mut one = Vec::new();
        encode::xload32le_g32(&mut one, XReg::x0, access);
        code.extend_from_slice(&[one[0]; 8]);
        encode::xadd32(&mut code, BinaryOperands::new(XReg::x0, XReg::x1, XReg::x2));
        encode::call_indirect_host(&mut code, one[0]);
        encode::jump(&mut code, PcRelOffset::from(0));
        let at = code.len();
        code.extend_from_slice(&one);
        encode::trap(&mut code);
        let expected = [(0, TrapCode::StackOverflow), (u32::try_from(at).unwrap_or(0), TrapCode::MemoryOutOfBounds)];
        assert_eq!(traps(&code), Ok(expected.to_vec()));
        // What is cut off, or no instruction, is told.
        assert_eq!(traps(&code[..start - 1]), Err(1));
        assert_eq!(traps(&[0xff]), Err(0));
        assert_eq!(traps(&[]), Ok(Vec::new()));
    }

    #[test]
    fn each_kind_of_access_is_there() {
        let of = |code| PLAIN.iter().chain(EXTENDED).filter(|op| op.trap == Some(code)).count();
        assert_eq!(of(TrapCode::StackOverflow), 3);
        // Six loads and four stores of integers, each in both forms, and loads and stores of floats and vectors.
        assert_eq!(of(TrapCode::MemoryOutOfBounds), 26);
        // Both widths, signed and unsigned.
        assert_eq!(of(TrapCode::IntegerDivisionByZero), 8);
        assert_eq!(of(TrapCode::BadConversionToInteger), 8);
        assert_eq!(PLAIN.iter().filter(|op| op.table).count(), 1);
    }
}
