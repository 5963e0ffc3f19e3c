//! The calls of preview 1, one Rust function each.
//!
//! A call takes the program's [`WasiCtx`], a view of the calling instance's memory and its own arguments as they come
//! from wasm, and gives success or an errno. It checks where its results go before it does anything that cannot be
//! undone. `proc_exit` is missing: it is [`I32Exit`](crate::I32Exit) and nothing else.
//!
//! The context comes first, the memory second, in all of them, also where one is not used: the linker calls them from
//! [the list](crate::signature) without knowing which is which.

mod clock;
mod descriptor;
mod directory;
mod file;
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
mod path;
mod poll;
mod process;
#[expect(clippy::too_many_arguments, reason = "the interface's own")]
mod socket;
mod stream;
mod strings;

pub use clock::{clock_res_get, clock_time_get};
pub use descriptor::{fd_close, fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights, fd_renumber};
pub use directory::{fd_prestat_dir_name, fd_prestat_get, fd_readdir};
pub use file::{
    fd_advise, fd_allocate, fd_datasync, fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times, fd_sync,
};
pub use path::{
    path_create_directory, path_filestat_get, path_filestat_set_times, path_link, path_open, path_readlink,
    path_remove_directory, path_rename, path_symlink, path_unlink_file,
};
pub use poll::poll_oneoff;
pub use process::{proc_raise, random_get, sched_yield};
pub use socket::{sock_accept, sock_recv, sock_send, sock_shutdown};
pub use stream::{fd_pread, fd_pwrite, fd_read, fd_seek, fd_tell, fd_write};
pub use strings::{args_get, args_sizes_get, environ_get, environ_sizes_get};

use crate::host::NoHost;
use crate::signature::for_each_call;
use crate::{Errno, GuestMemory, WasiCtx};

/// Asserts that each call has the type that the list declares for it.
macro_rules! assert_types {
    ($($name:ident($($arg:ident: $type:tt),*);)*) => {
        $(const _: fn(&mut WasiCtx<NoHost>, &mut GuestMemory<'_>, $($type),*) -> Result<(), Errno> = $name;)*
    };
}
for_each_call!(assert_types);
