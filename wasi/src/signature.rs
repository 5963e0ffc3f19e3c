//! The functions of preview 1 and their wasm types: the one list that everything else is made from.
//!
//! Arguments are declared as the calls take them, `u32` and `u64`; wasm's `i32` and `i64` are the same bits. All but
//! `proc_exit` return one `i32`, the errno, with 0 for success.

/// A wasm value type of these functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
}

/// One function that a program may import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name within [`MODULE`](crate::MODULE).
    pub name: &'static str,
    /// The types of its parameters.
    pub params: &'static [ValueType],
    /// The types of its results.
    pub results: &'static [ValueType],
}

/// Calls the macro `$with` with the list of all functions that return, as `name(argument: type, …);`. Only `proc_exit`,
/// which does not return, is missing.
macro_rules! for_each_call {
    ($with:ident) => {
        $with! {
            args_get(argv: u32, argv_buf: u32);
            args_sizes_get(count: u32, size: u32);
            clock_res_get(clock: u32, resolution: u32);
            clock_time_get(clock: u32, precision: u64, time: u32);
            environ_get(environ: u32, environ_buf: u32);
            environ_sizes_get(count: u32, size: u32);
            fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
            fd_allocate(fd: u32, offset: u64, len: u64);
            fd_close(fd: u32);
            fd_datasync(fd: u32);
            fd_fdstat_get(fd: u32, fdstat: u32);
            fd_fdstat_set_flags(fd: u32, flags: u32);
            fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
            fd_filestat_get(fd: u32, filestat: u32);
            fd_filestat_set_size(fd: u32, size: u64);
            fd_filestat_set_times(fd: u32, accessed: u64, modified: u64, flags: u32);
            fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32);
            fd_prestat_dir_name(fd: u32, path: u32, path_len: u32);
            fd_prestat_get(fd: u32, prestat: u32);
            fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32);
            fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32);
            fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, used: u32);
            fd_renumber(from: u32, to: u32);
            fd_seek(fd: u32, offset: u64, whence: u32, position: u32);
            fd_sync(fd: u32);
            fd_tell(fd: u32, position: u32);
            fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32);
            path_create_directory(fd: u32, path: u32, path_len: u32);
            path_filestat_get(fd: u32, lookup: u32, path: u32, path_len: u32, filestat: u32);
            path_filestat_set_times(
                fd: u32, lookup: u32, path: u32, path_len: u32, accessed: u64, modified: u64, flags: u32
            );
            path_link(
                old_fd: u32, old_lookup: u32, old_path: u32, old_path_len: u32,
                new_fd: u32, new_path: u32, new_path_len: u32
            );
            path_open(
                fd: u32, lookup: u32, path: u32, path_len: u32, open_flags: u32,
                rights_base: u64, rights_inheriting: u64, fd_flags: u32, opened: u32
            );
            path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, used: u32);
            path_remove_directory(fd: u32, path: u32, path_len: u32);
            path_rename(
                old_fd: u32, old_path: u32, old_path_len: u32, new_fd: u32, new_path: u32, new_path_len: u32
            );
            path_symlink(old_path: u32, old_path_len: u32, fd: u32, new_path: u32, new_path_len: u32);
            path_unlink_file(fd: u32, path: u32, path_len: u32);
            poll_oneoff(subscriptions: u32, events: u32, count: u32, occurred: u32);
            proc_raise(signal: u32);
            random_get(buf: u32, len: u32);
            sched_yield();
            sock_accept(fd: u32, flags: u32, accepted: u32);
            sock_recv(fd: u32, iovs: u32, iovs_len: u32, flags: u32, nread: u32, out_flags: u32);
            sock_send(fd: u32, iovs: u32, iovs_len: u32, flags: u32, nwritten: u32);
            sock_shutdown(fd: u32, how: u32);
        }
    };
}
pub(crate) use for_each_call;

macro_rules! value_type {
    (u32) => {
        ValueType::I32
    };
    (u64) => {
        ValueType::I64
    };
}

macro_rules! signatures {
    ($($name:ident($($arg:ident: $type:tt),*);)*) => {
        /// Every function of preview 1.
        pub const SIGNATURES: &[Signature] = &[
            Signature { name: "proc_exit", params: &[ValueType::I32], results: &[] },
            $(Signature {
                name: stringify!($name),
                params: &[$(value_type!($type)),*],
                results: &[ValueType::I32],
            },)*
        ];
    };
}
for_each_call!(signatures);

const _: () = assert!(SIGNATURES.len() == 46);
