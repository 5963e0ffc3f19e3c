//! The instructions of a function, found along its control flow: what is not reached is data.

/// Why a function's instructions are not known.
pub(super) type Unknown = &'static str;

/// An instruction, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    /// Bytes.
    pub(super) length: u32,
    /// Whether it touches a float or vector register, or one that controls them.
    pub(super) floats: bool,
    /// Where control goes.
    pub(super) flow: Flow,
}

/// Where control goes from an instruction. Calls come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// To the next one.
    On,
    /// There, so many bytes from the start of the instruction, or to the next one.
    Fork(i32),
    /// There.
    Jump(i32),
    /// Out of the function, or to a basic block by a register.
    Away,
}

/// What is known about an instruction set.
pub(super) struct Decoder {
    /// The instruction at the start of these bytes, which are all that follows in the function. `None` if it is not known.
    pub(super) decode: fn(&[u8]) -> Option<Instruction>,
    /// What takes the place of an instruction in the prologue that saves float registers on the stack: as long, with the same effect on
    /// the stack pointer. `None` if it is not such a one.
    pub(super) without_save: fn(&[u8]) -> Option<Vec<u8>>,
    /// Likewise, of an instruction in an epilogue that restores float registers which the convention wants kept.
    pub(super) without_restore: fn(&[u8]) -> Option<Vec<u8>>,
}

/// What a byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Nothing that was reached.
    Nothing,
    /// The first byte of an instruction.
    Start,
    /// Another byte of one.
    Inside,
}

/// All instructions of a function.
pub(super) struct Walk {
    /// Those that touch float registers, with their lengths, in order.
    floats: Vec<(u32, u32)>,
}

impl Walk {
    /// Finds the instructions of `code`, whose basic blocks start at the offsets in `blocks`.
    pub(super) fn new(decoder: &Decoder, code: &[u8], blocks: &[u32]) -> Result<Walk, Unknown> {
        let mut marks = vec![Mark::Nothing; code.len()];
        let mut floats = Vec::new();
        let mut open = blocks.to_vec();
        open.push(0);
        while let Some(mut at) = open.pop() {
            loop {
                match marks.get(at as usize) {
                    None => return Err("control leaves the function at its end"),
                    Some(Mark::Start) => break,
                    Some(Mark::Inside) => return Err("a jump into the middle of an instruction"),
                    Some(Mark::Nothing) => {}
                }
                let rest = code.get(at as usize..).unwrap_or_default();
                let instruction = (decoder.decode)(rest).ok_or("an instruction that is not known")?;
                let own = marks.get_mut(at as usize..).and_then(|rest| rest.get_mut(..instruction.length as usize));
                let [start, inside @ ..] = own.ok_or("an instruction cut short")? else {
                    return Err("an instruction without bytes");
                };
                *start = Mark::Start;
                if inside.contains(&Mark::Start) {
                    return Err("a jump into the middle of an instruction");
                }
                inside.fill(Mark::Inside);
                if instruction.floats {
                    floats.push((at, instruction.length));
                }
                if let Flow::Fork(distance) | Flow::Jump(distance) = instruction.flow {
                    open.push(at.checked_add_signed(distance).ok_or("a jump out of the function")?);
                }
                if matches!(instruction.flow, Flow::Jump(_) | Flow::Away) {
                    break;
                }
                at += instruction.length;
            }
        }
        floats.sort_unstable();
        Ok(Walk { floats })
    }

    /// Where instructions stand that touch float registers, and their lengths.
    pub(super) fn float_instructions(&self) -> impl Iterator<Item = (u32, u32)> {
        self.floats.iter().copied()
    }
}

/// The signed number in the `width` low bits of `field`, times `scale`.
pub(super) fn signed(field: u32, width: u32, scale: i32) -> i32 {
    let unused = u32::BITS - width;
    ((field << unused).cast_signed() >> unused) * scale
}
