//! Every call of the platform fails in turn, over all of `life.rs`: an error each time, the same step succeeds afterwards, and all
//! is given back. One test in this program: what fails, fails for all threads.
#![expect(clippy::unwrap_used, reason = "tests")]

use stilt::Trap;
use stilt_embedding_tests::Ground;
use stilt_fault_tests::life::{Images, life};
use stilt_fault_tests::{alive, fail_after, stop_failing};

#[test]
fn every_call_fails_once() {
    for ground in Ground::ALL {
        let images = Images::new(ground, false).unwrap();
        let (mut calls, mut silent) = (0, 0);
        loop {
            let before = alive();
            fail_after(calls);
            let result = life(&images);
            let failed = stop_failing();
            assert_eq!(alive(), before, "{ground:?}, call {calls}: something was not given back");
            match result {
                Ok(()) if !failed => break,
                Ok(()) => silent += 1,
                Err(error) => {
                    assert!(failed, "{ground:?}, call {calls}: {error}");
                    assert!(!error.is::<Trap>() && !error.to_string().is_empty(), "{ground:?}, call {calls}: {error}");
                }
            }
            calls += 1;
        }
        // Images are published, twice four calls and protected; a movable memory that grows far asks for a mapping and opens it, or
        // else grows on the heap.
        let (expected, heap) = match ground {
            Ground::Hardware => (20, 0),
            Ground::Explicit => (14, 2),
            Ground::Pulley => (2, 2),
        };
        assert!(calls >= expected && silent == heap, "{ground:?}: {calls} calls, {silent} unseen");
        life(&images).unwrap();
    }
}
