//! Stopping guests that run on and on: by another thread, by a signal handler, wherever they spin.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use stilt::{Engine, Error, Instance, InterruptHandle, Result, Store, Trap, WasmBacktrace};
use stilt_embedding_tests::{Ground, compile, load, this_program};

use crate::everywhere;

/// Each export spins, but for the last two.
const SPINS: &str = r#"
(module $spins
  (memory 1)
  (table 4 funcref)
  (elem (i32.const 0) $ping $pong $there $back)
  (type $step (func (param i32)))
  (global $many (mut i32) (i32.const 60))
  (global $two (mut i32) (i32.const 2))
  (func (export "loop") (loop (br 0)))
  (func (export "later loop") (local i32)
    (local.set 0 (i32.const 10))
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (loop (br 0)))
  (func (export "nested") (local i32)
    (loop
      (local.set 0 (i32.const 2))
      (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (br 0)))
  ;; The test is in the inner loop only.
  (func (export "inner") (local i32)
    (loop
      (local.set 0 (global.get $two))
      (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (br 0)))
  ;; The inner loop is left before it comes to its test.
  (func (export "left early")
    (loop $outer
      (block $out (loop (br_if $out (global.get $many)) (br_if 0 (global.get $many))))
      (br $outer)))
  ;; Loops that seem to be over soon.
  (func (export "set back") (local i32)
    (loop
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (if (i32.eq (local.get 0) (i32.const 9)) (then (local.set 0 (i32.const 0))))
      (br_if 0 (i32.lt_u (local.get 0) (i32.const 10)))))
  (func (export "never meets") (local i32)
    (loop (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 2))) (i32.const 9)))))
  (func (export "wraps") (local i32)
    (loop (br_if 0 (i32.le_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const -1)))))
  (func (export "switch") (loop (block (br_table 0 1 0 (i32.const 1))) (br 0)))
  ;; 2^60 calls, no deeper than 60.
  (func $double (export "recursion") (param i32)
    (if (local.get 0) (then
      (call $double (i32.sub (local.get 0) (i32.const 1)))
      (call $double (i32.sub (local.get 0) (i32.const 1))))))
  (func $in_loop (export "recursion in a loop") (param i32) (local i32)
    (if (local.get 0) (then
      (local.set 1 (i32.const 2))
      (loop
        (call $in_loop (i32.sub (local.get 0) (i32.const 1)))
        (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))))
  (func $behind (export "recursion behind a short call") (param i32)
    (drop (call $leaf (i32.const 0)))
    (if (local.get 0) (then
      (call $behind (i32.sub (local.get 0) (i32.const 1)))
      (call $behind (i32.sub (local.get 0) (i32.const 1))))))
  (func $ping (param i32)
    (if (local.get 0) (then
      (call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))
      (call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
  (func $pong (param i32)
    (if (local.get 0) (then
      (call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
      (call_indirect (type $step) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
  (func (export "indirect") (param i32) (call $ping (local.get 0)))
  (func $there (param i32)
    (if (i32.eqz (local.get 0)) (then return))
    (call $back (i32.sub (local.get 0) (i32.const 1))) (call $back (i32.sub (local.get 0) (i32.const 1))))
  (func $back (param i32)
    (if (i32.eqz (local.get 0)) (then return))
    (call $there (i32.sub (local.get 0) (i32.const 1))) (call $there (i32.sub (local.get 0) (i32.const 1))))
  (func (export "mutual") (param i32) (call $there (local.get 0)))
  ;; No loop and no recursion, and yet without end.
  CHAIN
  (func (export "chain") (param i32) (call $c0))
  (func (export "fills")
    (loop (memory.fill (i32.const 0) (i32.const 1) (i32.mul (memory.size) (i32.const 65536))) (br 0)))
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "fine") (result i32) (call $leaf (i32.const 41))))
"#;

/// [`SPINS`], with functions that each call the next one twice.
fn spins() -> String {
    let chain: String = (0..50).map(|i| format!("(func $c{i} (call $c{0}) (call $c{0}))", i + 1)).collect();
    SPINS.replace(
        "CHAIN",
        &format!("{chain}(func $c50 (global.set $many (i32.const 1)) (global.set $two (i32.const 2)))"),
    )
}

fn store(ground: Ground) -> Result<(Store<()>, Instance)> {
    let mut options = ground.options();
    options.interrupt = true;
    let engine: Engine = ground.engine()?;
    let module = load(&engine, &compile(&spins(), options)?)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

/// Calls a function that spins; the error that stopped it.
fn spin(store: &mut Store<()>, instance: &Instance, name: &str) -> Result<Error> {
    Ok(match instance.get_typed_func::<(), ()>(&mut *store, name) {
        Ok(func) => func.call(&mut *store, ()).unwrap_err(),
        Err(_) => instance.get_typed_func::<i32, ()>(&mut *store, name)?.call(&mut *store, 60).unwrap_err(),
    })
}

fn is_interrupt(error: &Error, what: &str) {
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Interrupt), "{what}: {error}");
    let backtrace = error.downcast_ref::<WasmBacktrace>().expect("it tells where the guest was");
    assert!(!backtrace.frames().is_empty(), "{what}: {error:?}");
}

/// The store can be used again.
fn is_fine(store: &mut Store<()>, instance: &Instance) -> Result<()> {
    assert_eq!(instance.get_typed_func::<(), i32>(&mut *store, "fine")?.call(&mut *store, ())?, 42);
    Ok(())
}

fn after(delay: Duration, handle: InterruptHandle) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        thread::sleep(delay);
        handle.interrupt();
    })
}

#[test]
fn another_thread_stops_whatever_spins() {
    everywhere(|ground| {
        let (mut store, instance) = store(ground)?;
        let loops =
            ["loop", "later loop", "nested", "inner", "left early", "set back", "never meets", "wraps", "switch"];
        let calls =
            ["recursion", "recursion in a loop", "recursion behind a short call", "indirect", "mutual", "chain"];
        for name in loops.into_iter().chain(calls).chain(["fills"]) {
            let thread = after(Duration::from_millis(5), store.interrupt_handle()?);
            let error = spin(&mut store, &instance, name)?;
            thread.join().unwrap();
            is_interrupt(&error, name);
            is_fine(&mut store, &instance)?;
        }
        Ok(())
    });
}

#[test]
fn an_interrupt_that_nobody_hears_is_kept() {
    everywhere(|ground| {
        let (mut store, instance) = store(ground)?;
        store.interrupt_handle()?.interrupt();
        store.interrupt_handle()?.interrupt();
        is_interrupt(&spin(&mut store, &instance, "loop")?, "the first test hears it");
        is_fine(&mut store, &instance)?;
        Ok(())
    });
}

#[test]
fn code_that_does_not_test_is_not_stopped() {
    everywhere(|ground| {
        let (mut store, instance) = crate::instantiate(ground, &spins())?;
        store.interrupt_handle()?.interrupt();
        instance.get_typed_func::<i32, ()>(&mut store, "recursion")?.call(&mut store, 4)
    });
}

/// What the signal handler sets.
static ALARM: OnceLock<InterruptHandle> = OnceLock::new();

extern "C" fn alarm(_: libc::c_int) {
    if let Some(handle) = ALARM.get() {
        handle.interrupt();
    }
}

#[test]
fn a_signal_handler_stops_its_own_thread() {
    // Each in a process of its own: the handler, and whom it stops, are the process's.
    const CHILD: &str = "STILT_TEST_ALARM";
    let Ok(ground) = std::env::var(CHILD) else {
        for ground in Ground::ALL {
            let child = this_program()
                .args(["--exact", "interrupt::a_signal_handler_stops_its_own_thread", "--nocapture"])
                .env(CHILD, format!("{ground:?}"))
                .output()
                .unwrap();
            assert!(child.status.success(), "{ground:?}: {}", String::from_utf8_lossy(&child.stderr));
        }
        return;
    };
    let ground = Ground::ALL.into_iter().find(|one| format!("{one:?}") == ground).unwrap();
    let (mut store, instance) = store(ground).unwrap();
    assert!(ALARM.set(store.interrupt_handle().unwrap()).is_ok());
    // SAFETY: the handler does one atomic store.
    let old = unsafe { libc::signal(libc::SIGALRM, alarm as *const () as libc::sighandler_t) };
    assert_ne!(old, libc::SIG_ERR);
    for name in ["loop", "recursion", "chain"] {
        let soon = libc::timeval { tv_sec: 0, tv_usec: 5000 };
        let once = libc::itimerval { it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 }, it_value: soon };
        // SAFETY: the timer's value is read, and none is written.
        assert_eq!(unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, core::ptr::null_mut()) }, 0);
        is_interrupt(&spin(&mut store, &instance, name).unwrap(), name);
        is_fine(&mut store, &instance).unwrap();
    }
}
