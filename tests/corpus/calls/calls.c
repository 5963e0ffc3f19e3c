/* Preview 1 by hand: each line of standard input is one call, with its arguments; each line of output is what it
   answered. No library stands between, so a test sees every error number, and can ask for what no library would. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

static char *word(void) {
    char *found = strtok(NULL, " \n");
    return found ? found : "";
}

static uint64_t number(void) {
    char *text = word();
    return *text == '-' ? (uint64_t)strtoll(text, NULL, 0) : strtoull(text, NULL, 0);
}

static uint32_t fd(void) { return (uint32_t)number(); }

static char bytes[65536];

static __wasi_errno_t status(__wasi_errno_t error, const __wasi_filestat_t *stat) {
    if (!error)
        printf("type %u size %llu links %llu mtime %llu ", stat->filetype, (unsigned long long)stat->size,
               (unsigned long long)stat->nlink, (unsigned long long)stat->mtim);
    return error;
}

static __wasi_errno_t entries(uint32_t directory, uint32_t room, uint64_t cookie) {
    __wasi_size_t used;
    __wasi_errno_t error = __wasi_fd_readdir(directory, (uint8_t *)bytes, room, cookie, &used);
    if (error)
        return error;
    printf("used %lu:", (unsigned long)used);
    for (size_t at = 0; at + sizeof(__wasi_dirent_t) <= used;) {
        __wasi_dirent_t entry;
        memcpy(&entry, bytes + at, sizeof entry);
        at += sizeof entry;
        size_t left = used - at, shown = entry.d_namlen < left ? entry.d_namlen : left;
        printf(" %u/%.*s", entry.d_type, (int)shown, bytes + at);
        at += entry.d_namlen;
    }
    putchar(' ');
    return 0;
}

static __wasi_errno_t poll(uint8_t tag, uint32_t on, uint64_t timeout) {
    __wasi_subscription_t list[2] = {{.userdata = 7}, {.userdata = 8}};
    __wasi_event_t events[2];
    __wasi_size_t count;
    list[0].u.tag = tag;
    list[0].u.u.fd_read.file_descriptor = on;
    list[1].u.tag = __WASI_EVENTTYPE_CLOCK;
    list[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    list[1].u.u.clock.timeout = timeout;
    __wasi_errno_t error = __wasi_poll_oneoff(list, events, 2, &count);
    for (__wasi_size_t i = 0; !error && i < count; i++)
        printf("%llu:%u:%llu ", (unsigned long long)events[i].userdata, events[i].error,
               (unsigned long long)events[i].fd_readwrite.nbytes);
    return error;
}

static int is(const char *call, const char *name) { return strcmp(call, name) == 0; }

static __wasi_errno_t call(const char *name) {
    __wasi_errno_t error;
    __wasi_size_t size;
    __wasi_filesize_t position;
    __wasi_filestat_t stat;
    if (is(name, "open")) {
        uint32_t on = fd(), lookup = fd();
        __wasi_fd_t opened;
        char *path = word();
        uint16_t flags = (uint16_t)number();
        uint64_t rights = number(), inheriting = number();
        error = __wasi_path_open(on, lookup, path, flags, rights, inheriting, (uint16_t)number(), &opened);
        if (!error)
            printf("%d ", opened);
        return error;
    }
    uint32_t on = is(name, "symlink") ? 0 : fd();
    if (is(name, "close"))
        return __wasi_fd_close(on);
    if (is(name, "read") || is(name, "pread")) {
        __wasi_iovec_t to = {(uint8_t *)bytes, (size_t)number()};
        error = is(name, "read") ? __wasi_fd_read(on, &to, 1, &size) : __wasi_fd_pread(on, &to, 1, number(), &size);
        if (!error)
            printf("%lu <%.*s> ", (unsigned long)size, (int)size, bytes);
        return error;
    }
    if (is(name, "write") || is(name, "pwrite")) {
        char *text = word();
        __wasi_ciovec_t from = {(uint8_t *)text, strlen(text)};
        error = is(name, "write") ? __wasi_fd_write(on, &from, 1, &size) : __wasi_fd_pwrite(on, &from, 1, number(), &size);
        if (!error)
            printf("%lu ", (unsigned long)size);
        return error;
    }
    if (is(name, "seek")) {
        int64_t offset = (int64_t)number();
        error = __wasi_fd_seek(on, offset, (uint8_t)number(), &position);
        if (!error)
            printf("%llu ", (unsigned long long)position);
        return error;
    }
    if (is(name, "tell")) {
        error = __wasi_fd_tell(on, &position);
        if (!error)
            printf("%llu ", (unsigned long long)position);
        return error;
    }
    if (is(name, "fdstat")) {
        __wasi_fdstat_t state;
        error = __wasi_fd_fdstat_get(on, &state);
        if (!error)
            printf("type %u flags %u rights %llx inheriting %llx ", state.fs_filetype, state.fs_flags,
                   (unsigned long long)state.fs_rights_base, (unsigned long long)state.fs_rights_inheriting);
        return error;
    }
    if (is(name, "stat"))
        return status(__wasi_fd_filestat_get(on, &stat), &stat);
    if (is(name, "stat-at")) {
        uint32_t lookup = fd();
        error = __wasi_path_filestat_get(on, lookup, word(), &stat);
        return status(error, &stat);
    }
    if (is(name, "set-flags"))
        return __wasi_fd_fdstat_set_flags(on, (uint16_t)number());
    if (is(name, "set-rights")) {
        uint64_t rights = number();
        return __wasi_fd_fdstat_set_rights(on, rights, number());
    }
    if (is(name, "set-size"))
        return __wasi_fd_filestat_set_size(on, number());
    if (is(name, "set-times")) {
        uint64_t accessed = number(), modified = number();
        return __wasi_fd_filestat_set_times(on, accessed, modified, (uint16_t)number());
    }
    if (is(name, "set-times-at")) {
        uint32_t lookup = fd();
        char *path = word();
        uint64_t accessed = number(), modified = number();
        return __wasi_path_filestat_set_times(on, lookup, path, accessed, modified, (uint16_t)number());
    }
    if (is(name, "allocate")) {
        uint64_t offset = number();
        return __wasi_fd_allocate(on, offset, number());
    }
    if (is(name, "advise")) {
        uint64_t offset = number(), length = number();
        return __wasi_fd_advise(on, offset, length, (uint8_t)number());
    }
    if (is(name, "sync"))
        return __wasi_fd_sync(on);
    if (is(name, "datasync"))
        return __wasi_fd_datasync(on);
    if (is(name, "renumber"))
        return __wasi_fd_renumber(on, fd());
    if (is(name, "prestat")) {
        __wasi_prestat_t prestat;
        error = __wasi_fd_prestat_get(on, &prestat);
        if (error)
            return error;
        error = __wasi_fd_prestat_dir_name(on, (uint8_t *)bytes, prestat.u.dir.pr_name_len);
        if (!error)
            printf("<%.*s> ", (int)prestat.u.dir.pr_name_len, bytes);
        return error;
    }
    if (is(name, "entries")) {
        uint32_t room = fd();
        return entries(on, room < sizeof bytes ? room : sizeof bytes, number());
    }
    if (is(name, "mkdir"))
        return __wasi_path_create_directory(on, word());
    if (is(name, "rmdir"))
        return __wasi_path_remove_directory(on, word());
    if (is(name, "unlink"))
        return __wasi_path_unlink_file(on, word());
    if (is(name, "rename")) {
        char *from = word();
        uint32_t to = fd();
        return __wasi_path_rename(on, from, to, word());
    }
    if (is(name, "link")) {
        uint32_t lookup = fd();
        char *from = word();
        uint32_t to = fd();
        return __wasi_path_link(on, lookup, from, to, word());
    }
    if (is(name, "symlink")) {
        char *target = word();
        on = fd();
        return __wasi_path_symlink(target, on, word());
    }
    if (is(name, "readlink")) {
        char *path = word();
        error = __wasi_path_readlink(on, path, (uint8_t *)bytes, (size_t)number(), &size);
        if (!error)
            printf("<%.*s> ", (int)size, bytes);
        return error;
    }
    if (is(name, "poll-read"))
        return poll(__WASI_EVENTTYPE_FD_READ, on, number());
    if (is(name, "poll-write"))
        return poll(__WASI_EVENTTYPE_FD_WRITE, on, number());
    printf("no such call: %s ", name);
    return __WASI_ERRNO_NOSYS;
}

int main(void) {
    static char line[8192];
    while (fgets(line, sizeof line, stdin)) {
        char *name = strtok(line, " \n");
        if (name && is(name, "quit"))
            break;
        __wasi_errno_t error = name ? call(name) : 0;
        printf("%u\n", error);
    }
    return 0;
}
