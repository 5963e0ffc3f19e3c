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
        let images = Images::new(ground).unwrap();
        let mut calls = 0;
        loop {
            let before = alive();
            fail_after(calls);
            let result = life(&images);
            let failed = stop_failing();
            assert_eq!(result.is_err(), failed, "{ground:?}, call {calls}: {result:?}");
            assert_eq!(alive(), before, "{ground:?}, call {calls}: something was not given back");
            let Err(error) = result else { break };
            assert!(!error.is::<Trap>() && !error.to_string().is_empty(), "{ground:?}, call {calls}: {error}");
            calls += 1;
        }
        let expected = match ground {
            Ground::Hardware => 15,
            // Four images are published. Their memories are the heap's.
            Ground::Explicit => 4,
            Ground::Pulley => 0,
        };
        assert!(calls >= expected, "{ground:?}: only {calls} calls");
        life(&images).unwrap();
    }
}
