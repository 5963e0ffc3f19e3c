/*
 * stilt.h: the runtime from C.
 *
 * Modules are compiled on a host (`stilt compile`). Here an image is loaded where it lies, linked with functions of C, and
 * called. Everything is made in storage that the caller gives: no allocator, no libc. The ground is wasmtime-platform.h, of
 * which a thread-local pointer is enough.
 *
 *
 * THE LIFE OF A MODULE
 *
 *   engine     what modules and stores share            stilt_engine_new
 *   module     a loaded image                           stilt_module_load, stilt_module_link
 *   store      what instances live in                   stilt_store_new
 *   instance   a module with its imports and memories   stilt_instantiate
 *   function   found by name, called                    stilt_instance_func, stilt_call
 *
 * The header that `stilt compile --emit obj` writes beside an object has functions for the module's own imports and exports,
 * with their types, if this header is included first.
 *
 *
 * WHAT HOLDS FOR EVERY FUNCTION
 *
 * Status. Functions answer with a stilt_status, STILT_OK for success. After anything else nothing has changed and outputs are
 * as they were, unless the text says otherwise. Where there is a parameter `error`, it may be NULL; else it is filled in if the
 * status is not STILT_OK.
 *
 * Storage. What is given is STILT_ALIGN bytes aligned, and the caller leaves it alone from the call that takes it until the
 * object in it is dropped. If it is too small, or not aligned, the status says so and the error says what is needed. An
 * object starts where its storage starts and is never moved. Objects are dropped in the opposite order: a store, then its
 * modules, then the engine; dropping something that is in use is STILT_IN_USE. If a program ends, nothing has to be dropped.
 *
 * Handles (stilt_instance, stilt_func, stilt_memory, stilt_table, stilt_global) are values: copy them, forget them. They are
 * good as long as their store; with another store they are STILT_FOREIGN.
 *
 * Misuse. NULL, or a pointer that is not aligned (STILT_INVALID); an object that was dropped or never made, a handle that was never
 * filled in (STILT_NOT_ALIVE); a store that is in use (STILT_BUSY); storage that is the engine's, or a store's and that for its
 * memories (STILT_INVALID): each is a status, of every function that takes such a thing, and is not repeated below. (An `error` that is
 * not aligned is left alone, as is an array without elements.) Not found out: an object's storage that was changed or is used for
 * something else, lengths that are not true, and a store used by two threads at the same time (mostly STILT_BUSY, but nothing promises
 * it).
 *
 * Threads. An engine and its modules may be used by any number of threads. A store, and what is in it, by one at a time,
 * whichever it is. stilt_interrupt may be called anywhere, always.
 *
 * Within a host function the store may be used as anywhere else, also to call the guest again, but not dropped (STILT_BUSY). A
 * host function returns: if it is left by longjmp or by an exception, the store is damaged, which is not found out.
 *
 * From an interrupt handler only stilt_interrupt may be called; unless all of the runtime is used from there alone.
 *
 * C99, C11, C++11 and later; freestanding: <stddef.h> and <stdint.h> are all it needs.
 */
#ifndef STILT_H
#define STILT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the headers of modules share with this one; by themselves they have less, and another stilt_externref. */
#ifdef STILT_LINKED_IMAGE
#error "stilt.h is to be included before the headers of modules"
#endif
#define STILT_LINKED_IMAGE
/* An image that is part of a program. Only its address is of use: the runtime takes it. */
struct stilt_linked_image;
/* A v128: lane 0 comes first, each lane in little-endian order. */
typedef struct stilt_v128 { uint8_t bytes[16]; } stilt_v128;
/* References: null, or a function of the store; 0, or a number that the host has chosen. */
typedef struct stilt_function_reference *stilt_funcref;
typedef uint32_t stilt_externref;

/* This interface. A library answers with its own number (stilt_version), which is the same. */
#define STILT_VERSION 1u

/* ---- Sizes ------------------------------------------------------------------------------------------------------------
 *
 * Bytes of storage, for storage of STILT_ALIGN. They are constants, so that storage can be an array. The library is compared
 * with them when it is built. What a module needs of them, its own header has, and stilt_module_needs says.
 */
#define STILT_ALIGN 16u

#if UINTPTR_MAX > 0xffffffffu
#define STILT_ENGINE_BASE 256u
#define STILT_ENGINE_TYPE 48u
#define STILT_MODULE_BASE 256u
#define STILT_STORE_BASE 768u
#define STILT_IMPORT_SIZE 320u
#define STILT_INTERPRETER_SIZE 1280u
#else
#define STILT_ENGINE_BASE 192u
#define STILT_ENGINE_TYPE 36u
#define STILT_MODULE_BASE 160u
#define STILT_STORE_BASE 512u
#define STILT_IMPORT_SIZE 192u
#define STILT_INTERPRETER_SIZE 1152u
#endif

/* An engine for so many different function types (those of all its modules together; a module's header has its number,
 * NAME_TYPES). A type of more than 20 parameters and results takes twice its number of values, and STILT_ENGINE_TYPE, on top. */
#define STILT_ENGINE_SIZE(types) (STILT_ENGINE_BASE + STILT_ENGINE_TYPE * (types))

/* A module with so many function types. */
#define STILT_MODULE_SIZE(types) (STILT_MODULE_BASE + 4u * (types))

/* A store whose backtraces have at most so many frames (stilt_engine_config), before anything is in it. To be added for each
 * instance: STILT_INSTANCE_BASE, NAME_STORAGE_SIZE of the module's header, and STILT_IMPORT_SIZE for each of its imports; once,
 * if there is bytecode: STILT_INTERPRETER_SIZE and the interpreter's stack. A module's header has the sum for one instance,
 * NAME_STORE_SIZE. */
#define STILT_STORE_SIZE(frames) (STILT_STORE_BASE + 4u * (frames))
#define STILT_INSTANCE_BASE 64u

/* ---- Outcomes --------------------------------------------------------------------------------------------------------- */

typedef enum stilt_status {
  STILT_OK = 0,
  /* The guest was stopped: error->trap says why. */
  STILT_TRAP = 1,
  /* An argument is NULL that must not be, or has no meaning. */
  STILT_INVALID = 2,
  /* The object was dropped, or was never made, or is not of this kind; or a handle was never filled in. */
  STILT_NOT_ALIVE = 3,
  /* The object is in use by others: a module by an instance, an engine by a module or a store. */
  STILT_IN_USE = 4,
  /* The store is in use: a guest of it runs, and no host function was called by it. To be dropped: a call of it runs at all. */
  STILT_BUSY = 5,
  /* A handle, or a module, belongs to another store or engine. */
  STILT_FOREIGN = 6,
  /* The storage is too small: error->needed_size bytes are needed. */
  STILT_STORAGE_SIZE = 7,
  /* The storage is not aligned: to error->needed_align. */
  STILT_STORAGE_ALIGN = 8,
  /* The image is none, is damaged, or was made by another version. */
  STILT_IMAGE = 9,
  /* The image needs what is not here: another machine, a CPU feature, a part of the platform or of the library. */
  STILT_GROUND = 10,
  /* The image, or its code, lies at an address that is not aligned to error->needed_align. */
  STILT_IMAGE_ALIGN = 11,
  /* The engine has no room for more function types, or for a long one. */
  STILT_TYPES = 12,
  /* An import is not defined: error->import, module and name. */
  STILT_IMPORT_MISSING = 13,
  /* An import is defined with another type: likewise. */
  STILT_IMPORT_TYPE = 14,
  /* There is no export of this name and kind. */
  STILT_NO_EXPORT = 15,
  /* The function, global or value is of another type. */
  STILT_TYPE = 16,
  /* A range does not lie within the memory or the table. */
  STILT_BOUNDS = 17,
  /* A limit of the store, or of the memory's or the table's type; or there is no room to grow. */
  STILT_LIMIT = 18,
  /* A global cannot be changed. */
  STILT_IMMUTABLE = 19,
  /* The platform failed. */
  STILT_PLATFORM = 20,
  /* Something else, as error->message says. */
  STILT_FAILED = 21,
  /* From here on: what host functions return for failures of their own. */
  STILT_USER = 256,
  STILT_STATUS_LAST = 0x7fffffff
} stilt_status;

/* Why a guest was stopped. */
typedef enum stilt_trap {
  STILT_TRAP_NONE = 0,
  STILT_TRAP_UNREACHABLE = 1,
  STILT_TRAP_MEMORY_OUT_OF_BOUNDS = 2,
  STILT_TRAP_TABLE_OUT_OF_BOUNDS = 3,
  STILT_TRAP_UNDEFINED_ELEMENT = 4,
  STILT_TRAP_UNINITIALIZED_ELEMENT = 5,
  STILT_TRAP_BAD_SIGNATURE = 6,
  STILT_TRAP_INTEGER_OVERFLOW = 7,
  STILT_TRAP_INTEGER_DIVISION_BY_ZERO = 8,
  STILT_TRAP_BAD_CONVERSION_TO_INTEGER = 9,
  STILT_TRAP_STACK_OVERFLOW = 10,
  STILT_TRAP_INTERRUPT = 11,
  STILT_TRAP_OUT_OF_FUEL = 12,
  STILT_TRAP_NULL_REFERENCE = 13,
  STILT_TRAP_HEAP_MISALIGNED = 14,
  STILT_TRAP_INTERNAL = 15,
  STILT_TRAP_LAST = 0x7fffffff
} stilt_trap;

/* A number that is not known. */
#define STILT_UNKNOWN 0xffffffffu

/* Text: not terminated by zero, except where it says so. */
typedef struct stilt_text {
  const char *bytes;
  uintptr_t length;
} stilt_text;

/* Initialises a stilt_text with a literal. */
#define STILT_TEXT(literal) { (literal), sizeof(literal) - 1 }

/* Room for a message, with the zero at its end. */
#define STILT_MESSAGE_SIZE 128u

/* What went wrong. The caller's; filled in by whoever returns another status than STILT_OK. What does not apply is 0, empty or
 * STILT_UNKNOWN. */
typedef struct stilt_error {
  stilt_status status;
  /* The guest was stopped: why; and in which function of the wasm file, at which offset of the file, if the image has sites and
   * the engine has backtraces. */
  stilt_trap trap;
  uint32_t function;
  uint32_t offset;
  /* The import at fault: its number, and its names, which lie in the image. */
  uint32_t import_index;
  stilt_text import_module;
  stilt_text import_name;
  /* Storage: what is needed. */
  uintptr_t needed_size;
  uintptr_t needed_align;
  /* In words, ended by zero, cut where it is longer. If the library was built without texts: the name of what is missing ("tables",
   * "floats", ...) where that has one, with STILT_GROUND; else empty. */
  char message[STILT_MESSAGE_SIZE];
} stilt_error;

/* What a status or a trap means in a few words, ended by zero. Any number, any thread, any time. */
const char *stilt_status_text(stilt_status status);
const char *stilt_trap_text(stilt_trap trap);

/* STILT_VERSION of the library. */
uint32_t stilt_version(void);

/* ---- Engines ---------------------------------------------------------------------------------------------------------- */

typedef struct stilt_engine stilt_engine;

/* What an engine is to be like. All zero is a good choice but for function_types. */
typedef struct stilt_engine_config {
  /* The most different function types of all its modules and host functions together. There is room for them at once: see
   * STILT_ENGINE_SIZE. */
  uint32_t function_types;
  /* The most frames of a backtrace; 0: none, and then traps have no function and no offset. */
  uint32_t backtrace_frames;
  /* Bytes of stack that guests may use; for bytecode the size of the interpreter's own stack, which is taken from the store's
   * storage. It bounds the program's own stack, too, between a call and those within its host functions: 1 KiB is the least with which
   * anything can be called, and several where host functions call guests. 0: 512 KiB, but on bare 32-bit machines there is no
   * default. A store may have another (stilt_store_config). */
  uintptr_t stack_size;
  /* Other than 0: images that rely on hardware traps are refused, whatever the platform has. */
  uint32_t no_hardware_traps;
  /* For native code: the features that the CPU has, by the names of `stilt targets`, separated by spaces and ended by zero ("sse3 ssse3
   * popcnt"); read by this call alone. An image that needs another is refused with its name (STILT_GROUND); words that
   * are no names mean nothing. True: the CPU has them, and the operating system keeps their registers. NULL: the library asks the CPU where
   * programs may (x86_64 under an operating system, s390x); elsewhere nothing is there but what the library itself was compiled to
   * use. Bytecode needs none. */
  const char *cpu_features;
} stilt_engine_config;

/* Makes an engine in storage of STILT_ENGINE_SIZE(config->function_types).
 * STILT_STORAGE_SIZE, STILT_STORAGE_ALIGN, STILT_INVALID. */
stilt_status stilt_engine_new(void *storage, uintptr_t size, const stilt_engine_config *config, stilt_engine **engine,
                              stilt_error *error);

/* Drops an engine that no module and no store uses any more: its storage is free. STILT_IN_USE, STILT_NOT_ALIVE. */
stilt_status stilt_engine_drop(stilt_engine *engine);

/* ---- Modules ---------------------------------------------------------------------------------------------------------- */

typedef struct stilt_module stilt_module;

/* Loads an image where it lies, in storage of STILT_MODULE_SIZE(its function types). The image is `length` bytes that stay as
 * they are until the module is dropped; STILT_ALIGN is enough for the address of bytecode, native code says what it needs. Native
 * code among them is executable, and coherent with instruction fetch. The image was made by `stilt compile` and not changed
 * since: it is code that will run. Its tables are checked, and their checksum (stilt_module_verify has that of the rest).
 * STILT_IMAGE, STILT_GROUND, STILT_IMAGE_ALIGN, STILT_TYPES, STILT_STORAGE_SIZE, STILT_STORAGE_ALIGN, STILT_PLATFORM. */
stilt_status stilt_module_load(stilt_engine *engine, const void *image, uintptr_t length, void *storage, uintptr_t size,
                               stilt_module **module, stilt_error *error);

/* The same for an image that is linked into the program: `image` is the symbol that the module's own header declares. */
stilt_status stilt_module_link(stilt_engine *engine, const struct stilt_linked_image *image, void *storage, uintptr_t size,
                               stilt_module **module, stilt_error *error);

/* Compares the checksum of code and data, which loading does not look at. STILT_IMAGE: it is damaged. */
stilt_status stilt_module_verify(const stilt_module *module);

/* Drops a module that no instance uses any more: its storage, and its image, are free. STILT_IN_USE, STILT_NOT_ALIVE. */
stilt_status stilt_module_drop(stilt_module *module);

/* What kinds of things there are to import and export. */
typedef enum stilt_kind {
  STILT_FUNC = 0,
  STILT_TABLE = 1,
  STILT_MEMORY = 2,
  STILT_GLOBAL = 3,
  STILT_KIND_LAST = 0x7fffffff
} stilt_kind;

/* Types of values: their bytes in the binary format. */
#define STILT_I32 0x7fu
#define STILT_I64 0x7eu
#define STILT_F32 0x7du
#define STILT_F64 0x7cu
#define STILT_V128 0x7bu
#define STILT_FUNCREF 0x70u
#define STILT_EXTERNREF 0x6fu

/* Something that a module imports or exports. Texts and bytes lie in the image. */
typedef struct stilt_item {
  stilt_kind kind;
  /* The module that it is imported from; empty for exports. */
  stilt_text module;
  stilt_text name;
  /* Of a function: types of parameters and results, a byte each. */
  const uint8_t *params;
  uintptr_t params_length;
  const uint8_t *results;
  uintptr_t results_length;
  /* Of a global, or of a table's elements. */
  uint8_t type;
  uint8_t is_mutable;
  /* Of a table in elements, of a memory in pages; max is UINT64_MAX if there is none. */
  uint64_t min;
  uint64_t max;
} stilt_item;

/* How much storage the runtime needs for a module. */
typedef struct stilt_needs {
  /* For STILT_IMPORT_SIZE. */
  uint32_t imports;
  uint32_t exports;
  /* Function types: for STILT_ENGINE_SIZE and STILT_MODULE_SIZE. */
  uint32_t types;
  uint32_t reserved;
  /* Bytes that an instance takes of a store's storage beside its imports and memories, with STILT_INSTANCE_BASE; and that its
   * memories take as they are at first: of the same storage, or of that for memories. */
  uintptr_t instance_size;
  uintptr_t memories_size;
} stilt_needs;

/* STILT_NOT_ALIVE. */
stilt_status stilt_module_needs(const stilt_module *module, stilt_needs *needs);

/* Import number `index`, in the order in which the module has them; export number `index`, in the order of the image.
 * STILT_BOUNDS: there is none. */
stilt_status stilt_module_import(const stilt_module *module, uint32_t index, stilt_item *item);
stilt_status stilt_module_export(const stilt_module *module, uint32_t index, stilt_item *item);

/* ---- Stores ----------------------------------------------------------------------------------------------------------- */

typedef struct stilt_store stilt_store;

/* What a store is to be like. All zero is a good choice. */
typedef struct stilt_store_config {
  /* The host's: see stilt_store_user. */
  void *user;
  /* Bytes of stack that guests may use; 0: as the engine has it. */
  uintptr_t stack_size;
  /* The lowest address of the stack that guests will be called on, if it is known: they trap 16 KiB, and the largest frame
   * of their code, above it. 0: it is not known. */
  uintptr_t stack_lowest;
  /* Limits; 0: none. Bytes of a memory, elements of a table. */
  uintptr_t most_memory_size;
  uintptr_t most_table_elements;
  /* How many there may be; 0: 10,000. */
  uintptr_t most_instances;
  uintptr_t most_memories;
  uintptr_t most_tables;
  /* Storage for the bytes of memories, STILT_ALIGN; NULL: memories take theirs from the store's. The memory that is made last
   * grows as far as its storage reaches. */
  void *memory_storage;
  uintptr_t memory_storage_size;
} stilt_store_config;

/* Makes a store in storage of STILT_STORE_SIZE(frames) and what will be in it: see there. `config` may be NULL.
 * STILT_STORAGE_SIZE, STILT_STORAGE_ALIGN (of either storage), STILT_NOT_ALIVE, STILT_INVALID (no bound of the stack is
 * known). */
stilt_status stilt_store_new(stilt_engine *engine, void *storage, uintptr_t size, const stilt_store_config *config,
                             stilt_store **store, stilt_error *error);

/* Drops a store with all that is in it: its storage is free. STILT_BUSY: a call of it runs. STILT_NOT_ALIVE. */
stilt_status stilt_store_drop(stilt_store *store);

/* `user` of the configuration; NULL also for a store that is not alive. */
void *stilt_store_user(const stilt_store *store);

/* Bytes that are left of the store's storage, and of that for memories. Each pointer may be NULL. STILT_BUSY. */
stilt_status stilt_store_left(stilt_store *store, uintptr_t *storage, uintptr_t *memory_storage);

/* Bounds of the stack from the next call by the host on: as in stilt_store_config, but for 0, which changes nothing. The stack of
 * the interpreter keeps the size that it has with the first instance of bytecode. STILT_BUSY. */
stilt_status stilt_store_set_stack(stilt_store *store, uintptr_t size, uintptr_t lowest);

/* What stops the guests of a store. */
typedef struct stilt_interrupter stilt_interrupter;

/* The store's, which is there as long as the store. Guests stop if their images were compiled with `--interrupt epoch`. */
stilt_status stilt_store_interrupter(stilt_store *store, stilt_interrupter **interrupter);

/* Stops the guest of a store that runs, or the next one that does, with STILT_TRAP_INTERRUPT: one store to memory. From any
 * thread, an interrupt handler, another core. NULL is nothing. The store is alive, which is not found out. */
void stilt_interrupt(stilt_interrupter *interrupter);

/* ---- Handles ---------------------------------------------------------------------------------------------------------- */

/* Opaque. Zero is none. */
typedef struct stilt_instance { uintptr_t opaque[4]; } stilt_instance;
typedef struct stilt_func { uintptr_t opaque[12]; } stilt_func;
typedef struct stilt_memory { uintptr_t opaque[4]; } stilt_memory;
typedef struct stilt_table { uintptr_t opaque[4]; } stilt_table;
typedef struct stilt_global { uintptr_t opaque[4]; } stilt_global;

/* ---- Values -----------------------------------------------------------------------------------------------------------
 *
 * A slot is 64 bits, and holds a value of any type but v128, which takes two, the lower half first: integers of 32 bits
 * zero-extended, floats as their bits, references as they are.
 */

typedef struct stilt_value {
  /* STILT_I32 and so on. */
  uint8_t type;
  union {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    stilt_v128 v128;
    stilt_funcref funcref;
    stilt_externref externref;
  } of;
} stilt_value;

static inline uint64_t stilt_slot_i32(int32_t value) { return (uint32_t)value; }
static inline uint64_t stilt_slot_i64(int64_t value) { return (uint64_t)value; }
static inline uint64_t stilt_slot_externref(stilt_externref value) { return value; }
static inline uint64_t stilt_slot_funcref(stilt_funcref value) { return (uintptr_t)value; }
static inline uint64_t stilt_slot_f32(float value) {
  union { float value; uint32_t bits; } both;
  both.value = value;
  return both.bits;
}
static inline uint64_t stilt_slot_f64(double value) {
  union { double value; uint64_t bits; } both;
  both.value = value;
  return both.bits;
}
static inline int32_t stilt_i32_slot(uint64_t slot) { return (int32_t)(uint32_t)slot; }
static inline int64_t stilt_i64_slot(uint64_t slot) { return (int64_t)slot; }
static inline stilt_externref stilt_externref_slot(uint64_t slot) { return (uint32_t)slot; }
static inline stilt_funcref stilt_funcref_slot(uint64_t slot) { return (stilt_funcref)(uintptr_t)slot; }
static inline float stilt_f32_slot(uint64_t slot) {
  union { float value; uint32_t bits; } both;
  both.bits = (uint32_t)slot;
  return both.value;
}
static inline double stilt_f64_slot(uint64_t slot) {
  union { double value; uint64_t bits; } both;
  both.bits = slot;
  return both.value;
}
static inline void stilt_slots_v128(uint64_t *slots, stilt_v128 value) {
  int half, byte;
  for (half = 0; half < 2; half++) {
    slots[half] = 0;
    for (byte = 0; byte < 8; byte++) slots[half] |= (uint64_t)value.bytes[half * 8 + byte] << (8 * byte);
  }
}
static inline stilt_v128 stilt_v128_slots(const uint64_t *slots) {
  stilt_v128 value;
  int byte;
  for (byte = 0; byte < 16; byte++) value.bytes[byte] = (uint8_t)(slots[byte / 8] >> (8 * (byte % 8)));
  return value;
}

/* ---- Host functions and imports --------------------------------------------------------------------------------------- */

/* What a host function sees of its call. Good until it returns. */
typedef struct stilt_caller stilt_caller;

/* A host function. `slots` holds the arguments, and then the results: as many slots as the larger of both need, and no more. What
 * is left there is of the types of the results. A status other than STILT_OK stops the guest: the call that has entered it
 * answers with the same status. STILT_TRAP stands for the last call of a guest within, whose trap, function and offset are handed
 * on. `env` is that of the stilt_host. */
typedef stilt_status stilt_host_code(void *env, stilt_caller *caller, uint64_t *slots);

/* A host function with its type: bytes as in stilt_item. */
typedef struct stilt_host {
  stilt_host_code *code;
  void *env;
  const uint8_t *params;
  uintptr_t params_length;
  const uint8_t *results;
  uintptr_t results_length;
} stilt_host;

/* Something to link under a name: one of the pointers is not NULL; if all are, it is missing. */
typedef struct stilt_import {
  stilt_text module;
  stilt_text name;
  const stilt_host *host;
  const stilt_func *func;
  const stilt_table *table;
  const stilt_memory *memory;
  const stilt_global *global;
} stilt_import;

/* Fills a stilt_host and a stilt_import in; the latter is of nothing yet. */
static inline void stilt_host_init(stilt_host *host, stilt_host_code *code, void *env, const uint8_t *params,
                                   uintptr_t params_length, const uint8_t *results, uintptr_t results_length) {
  host->code = code;
  host->env = env;
  host->params = params;
  host->params_length = params_length;
  host->results = results;
  host->results_length = results_length;
}
static inline void stilt_import_init(stilt_import *import, const char *module, uintptr_t module_length, const char *name,
                                     uintptr_t name_length) {
  import->module.bytes = module;
  import->module.length = module_length;
  import->name.bytes = name;
  import->name.length = name_length;
  import->host = 0;
  import->func = 0;
  import->table = 0;
  import->memory = 0;
  import->global = 0;
}

/* The store that the caller is in. */
stilt_store *stilt_caller_store(stilt_caller *caller);

/* The instance that has called. STILT_NO_EXPORT: the host has. STILT_NOT_ALIVE: the host function has returned, as all of the
 * store have (else it is the innermost one's that runs). */
stilt_status stilt_caller_instance(stilt_caller *caller, stilt_instance *instance);

/* The memory that the instance exports as "memory", which most toolchains do. STILT_NO_EXPORT, STILT_NOT_ALIVE. */
stilt_status stilt_caller_memory(stilt_caller *caller, stilt_memory *memory);

/* ---- Instances -------------------------------------------------------------------------------------------------------- */

/* Makes an instance of a module: looks its imports up among `count` of `imports`, in any order, fills its memories and tables,
 * and runs its start function. `imports` and what it points to are of no use afterwards, but for `env`.
 * STILT_IMPORT_MISSING, STILT_IMPORT_TYPE: checked before anything is made. STILT_STORAGE_SIZE: error->needed_size is what
 * the call needs of storage that is left. STILT_LIMIT, STILT_FOREIGN, STILT_TYPES. STILT_TRAP: a segment lies out of bounds, or
 * the start function was stopped; then the storage that the instance took is gone with it, until the store is dropped. */
stilt_status stilt_instantiate(stilt_store *store, stilt_module *module, const stilt_import *imports, uintptr_t count,
                               stilt_instance *instance, stilt_error *error);

/* What an instance exports under a name. STILT_NO_EXPORT: nothing of this kind. STILT_FOREIGN, STILT_BUSY. */
stilt_status stilt_instance_func(stilt_store *store, const stilt_instance *instance, const char *name, uintptr_t length,
                                 stilt_func *func);
stilt_status stilt_instance_memory(stilt_store *store, const stilt_instance *instance, const char *name, uintptr_t length,
                                   stilt_memory *memory);
stilt_status stilt_instance_table(stilt_store *store, const stilt_instance *instance, const char *name, uintptr_t length,
                                  stilt_table *table);
stilt_status stilt_instance_global(stilt_store *store, const stilt_instance *instance, const char *name, uintptr_t length,
                                   stilt_global *global);

/* ---- Functions -------------------------------------------------------------------------------------------------------- */

/* Whether a function has these types: STILT_OK, or STILT_TYPE. */
stilt_status stilt_func_check(stilt_store *store, const stilt_func *func, const uint8_t *params, uintptr_t params_length,
                              const uint8_t *results, uintptr_t results_length);

/* How many parameters and results a function has, and how many slots a call must have. Each pointer may be NULL. */
stilt_status stilt_func_shape(stilt_store *store, const stilt_func *func, uintptr_t *params, uintptr_t *results,
                              uintptr_t *slots);

/* Calls a function with values. Numbers and types are compared with the function's: STILT_TYPE. At most 32 slots: else
 * STILT_LIMIT. Results may go where the arguments are. STILT_TRAP; what a host function answered that the guest had called;
 * STILT_FOREIGN; STILT_BUSY. */
stilt_status stilt_call(stilt_store *store, const stilt_func *func, const stilt_value *arguments, uintptr_t arguments_length,
                        stilt_value *results, uintptr_t results_length, stilt_error *error);

/* Calls a function with slots, which then hold the results, or after a failure anything. The caller has compared the function's
 * type (stilt_func_check), and the slots hold such values. `length` is at least what stilt_func_shape says: else STILT_TYPE.
 * Otherwise as stilt_call. */
stilt_status stilt_call_slots(stilt_store *store, const stilt_func *func, uint64_t *slots, uintptr_t length,
                              stilt_error *error);

/* A function as a value, and back. A reference comes from the same store, which is not found out. STILT_FOREIGN; STILT_NO_EXPORT:
 * the reference is null. */
stilt_status stilt_func_reference(stilt_store *store, const stilt_func *func, stilt_funcref *reference);
stilt_status stilt_reference_func(stilt_store *store, stilt_funcref reference, stilt_func *func);

/* Where a guest was when it was stopped. */
typedef struct stilt_frame {
  uint32_t function;
  /* In the wasm file, or STILT_UNKNOWN. */
  uint32_t offset;
  /* Names, if the image has them. They lie in the image. */
  stilt_text module_name;
  stilt_text function_name;
} stilt_frame;

/* The frames of the last call of the store that did not return, the innermost first: at most `capacity`. */
stilt_status stilt_store_backtrace(stilt_store *store, stilt_frame *frames, uintptr_t capacity, uintptr_t *count);

/* ---- Memories, tables, globals ---------------------------------------------------------------------------------------- */

/* Bytes and pages of a memory: of one that is compiled to be there in part (`--memory-bytes`), the bytes that are there, and the pages
   of its type. Each pointer may be NULL. */
stilt_status stilt_memory_size(stilt_store *store, const stilt_memory *memory, uintptr_t *bytes, uint64_t *pages);

/* Copies bytes out of a memory, into a memory: all of them, or STILT_BOUNDS and none. */
stilt_status stilt_memory_read(stilt_store *store, const stilt_memory *memory, uint64_t offset, void *buffer, uintptr_t length);
stilt_status stilt_memory_write(stilt_store *store, const stilt_memory *memory, uint64_t offset, const void *buffer,
                                uintptr_t length);

/* The address of `length` bytes of a memory, if they lie within it: STILT_BOUNDS. Good until a guest runs, or a memory grows. */
stilt_status stilt_memory_range(stilt_store *store, const stilt_memory *memory, uint64_t offset, uintptr_t length,
                                uint8_t **bytes);

/* Makes a memory larger. `old_pages` may be NULL. STILT_LIMIT: it cannot or may not grow so far. */
stilt_status stilt_memory_grow(stilt_store *store, const stilt_memory *memory, uint64_t pages, uint64_t *old_pages);

/* Elements of a table of functions. STILT_BOUNDS; STILT_TYPE: it has other elements. NULL is the null reference. */
stilt_status stilt_table_size(stilt_store *store, const stilt_table *table, uint64_t *elements);
stilt_status stilt_table_get(stilt_store *store, const stilt_table *table, uint64_t index, stilt_funcref *element);
stilt_status stilt_table_set(stilt_store *store, const stilt_table *table, uint64_t index, stilt_funcref element);

/* A global's value. STILT_TYPE: `value` is of another type; STILT_IMMUTABLE. */
stilt_status stilt_global_get(stilt_store *store, const stilt_global *global, stilt_value *value);
stilt_status stilt_global_set(stilt_store *store, const stilt_global *global, const stilt_value *value);

#ifdef __cplusplus
}
#endif

#endif
