//! Publication of code on the other cores.

use crate::arch;

#[unsafe(no_mangle)]
extern "C" fn stilt_platform_publish_code(_ptr: *const u8, _len: usize) -> i32 {
    arch::synchronize_other_cores()
}
