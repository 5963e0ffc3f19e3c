//! Clauses of the execute alias.

use super::bytes::{load, store, store_all};
use super::kit::{Kit, Outcome, Verdict, ensure};
use super::probe::{self, Deed};
use super::publication::{call, executable};
use super::traps::expect_trap;
use crate::alias::{self, ExecuteAlias};
use crate::publication::publish_code;
use core::ptr::NonNull;

/// A multiple of every page size.
const SIZE: usize = 65536;

pub(super) fn run(kit: &Kit) {
    if !alias::SUPPORTED {
        kit.skip(c"alias", "STILT_EXECUTE_ALIAS is off in this build of the kit");
        return;
    }
    kit.clause(c"alias.new-and-free", || with_alias(|_| Ok(())));
    kit.clause(c"alias.zeroed", || {
        with_alias(|alias| {
            for offset in 0..SIZE {
                ensure(load(at(alias.write, offset)) == 0, "a byte of new code memory is not zero")?;
            }
            Ok(())
        })
    });
    kit.clause(c"alias.same-memory", || {
        with_alias(|alias| {
            for offset in [0, 1, 4095, 4096, SIZE - 1] {
                store(at(alias.write, offset), 0xa5);
                let same = load(at(alias.execute, offset)) == 0xa5;
                ensure(same, "what is written at one address is not read at the other")?;
            }
            Ok(())
        })
    });
    kit.clause(c"alias.runs", || {
        if !probe::SUPPORTED {
            return Err(Verdict::Skipped("the kit has no code for this processor"));
        }
        with_alias(|alias| {
            store_all(alias.write, probe::CODE_ANSWERING_42);
            // SAFETY: new code, readable at this address, which nobody runs.
            unsafe { publish_code(alias.execute, probe::CODE_ANSWERING_42.len()) }?;
            executable(alias.execute)?;
            ensure(call(alias.execute) == 42, "code does not do what was written")
        })
    });
    kit.clause(c"alias.execute-forbids-writing", || {
        with_alias(|alias| {
            if alias.write == alias.execute {
                return Err(Verdict::Skipped("both addresses are the same: there is no protection"));
            }
            expect_trap(Deed::Write, alias.execute.as_ptr(), "a write at the execute address did not trap")?;
            Ok(())
        })
    });
    kit.clause(c"alias.write-forbids-executing", || {
        with_alias(|alias| {
            if alias.write == alias.execute {
                return Err(Verdict::Skipped("both addresses are the same: there is no protection"));
            }
            store_all(alias.write, probe::RETURN);
            // SAFETY: new code, readable at this address, which nobody runs.
            unsafe { publish_code(alias.write, probe::RETURN.len()) }?;
            expect_trap(Deed::Execute, alias.write.as_ptr(), "the write address was executed")?;
            Ok(())
        })
    });
}

fn with_alias(test: impl FnOnce(&ExecuteAlias) -> Outcome) -> Outcome {
    let alias = alias::new(SIZE)?;
    let outcome = test(&alias);
    // SAFETY: made above, and used by `test` only, which has ended.
    let freed = unsafe { alias::free(alias) };
    outcome?;
    Ok(freed?)
}

fn at(start: NonNull<u8>, offset: usize) -> NonNull<u8> {
    NonNull::new(start.as_ptr().wrapping_add(offset)).unwrap_or(start)
}
