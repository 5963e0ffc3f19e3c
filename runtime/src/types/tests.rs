//! Types: identity, matching, text.

extern crate std;

use std::string::ToString;
use std::vec::Vec;

use super::*;
use crate::Engine;

#[test]
fn function_types_short_and_long() {
    let engine = Engine::default();
    let short = FuncType::new(&engine, [ValType::I32, ValType::I64], [ValType::FUNCREF]);
    assert_eq!(short.to_string(), "(func (param i32 i64) (result funcref))");
    assert_eq!(short.params().collect::<Vec<_>>(), [ValType::I32, ValType::I64]);
    assert_eq!(short.result(0), Some(ValType::FUNCREF));
    assert_eq!(short.result(1), None);
    let many = |n: usize| FuncType::new(&engine, (0..n).map(|_| ValType::F64), (0..n).map(|_| ValType::V128));
    for n in [0, 1, 9, 10, 11, 20, 21, 1000] {
        let long = many(n);
        assert_eq!(long.params().len(), n);
        assert_eq!(long.results().filter(ValType::is_v128).count(), n);
        let slots = stilt_artifact::crossing::slots(long.param_bytes(), long.result_bytes());
        assert_eq!(slots as usize, 2 * n);
        assert!(long == long.clone() && long.matches(&many(n)));
        assert!(long != many(n + 1));
    }
}

#[test]
fn the_border_between_parameters_and_results_counts() {
    let engine = Engine::default();
    let one = FuncType::new(&engine, [ValType::I32, ValType::I32], []);
    let two = FuncType::new(&engine, [ValType::I32], [ValType::I32]);
    assert!(one != two);
}

#[test]
fn types_of_later_standards_are_refused() {
    let engine = Engine::default();
    let strict = ValType::Ref(RefType::new(false, HeapType::Func));
    assert!(FuncType::try_new(&engine, [strict], []).is_err());
    let broken = FuncType::new(&engine, [strict], []);
    assert!(broken.signature().is_err());
    assert!(broken != broken.clone(), "what is no type is equal to none");
    assert!(strict.matches(&ValType::FUNCREF) && !ValType::FUNCREF.matches(&strict));
}

#[test]
fn limits() {
    let given = MemoryType::new(2, Some(4));
    assert!(given.matches(2, &MemoryType::new(2, Some(4))));
    assert!(given.matches(2, &MemoryType::new(0, None)));
    assert!(given.matches(3, &MemoryType::new(3, Some(10))), "the size of today counts");
    assert!(!given.matches(2, &MemoryType::new(3, None)));
    assert!(!given.matches(2, &MemoryType::new(2, Some(3))));
    assert!(!given.matches(2, &MemoryType::shared(2, 4)));
    assert!(!MemoryType::new(2, None).matches(2, &MemoryType::new(2, Some(4))));
    let table = TableType::new(RefType::FUNCREF, 1, None);
    assert!(table.matches(1, &TableType::new(RefType::FUNCREF, 1, None)));
    assert!(!table.matches(1, &TableType::new(RefType::EXTERNREF, 1, None)));
    assert!(!table.matches(1, &TableType::new64(RefType::FUNCREF, 1, None)));
}

#[test]
fn memory_types_that_cannot_be() {
    assert!(MemoryType::builder().min(1).max(Some(2)).build().is_ok());
    assert!(MemoryType::builder().min(1 << 16).build().is_ok());
    assert!(MemoryType::builder().min((1 << 16) + 1).build().is_err());
    assert!(MemoryType::builder().max(Some((1 << 16) + 1)).build().is_err());
    assert!(MemoryType::builder().memory64(true).min(1 << 48).build().is_ok());
    assert!(MemoryType::builder().memory64(true).min(u64::MAX).build().is_err());
    assert!(MemoryType::builder().page_size_log2(0).min(u64::from(u32::MAX)).build().is_ok());
    assert!(MemoryType::builder().page_size_log2(3).build().is_err());
    assert!(MemoryType::builder().min(3).max(Some(2)).build().is_err());
    assert!(MemoryType::builder().shared(true).build().is_err());
}

#[test]
fn text() {
    assert_eq!(TableType::new(RefType::EXTERNREF, 1, Some(10)).to_string(), "(table 1 10 externref)");
    assert_eq!(MemoryType::shared(1, 2).to_string(), "(memory 1 2 shared)");
    assert_eq!(GlobalType::new(ValType::F32, Mutability::Var).to_string(), "(global (mut f32))");
    assert_eq!(ExternType::from(GlobalType::new(ValType::F32, Mutability::Const)).to_string(), "(global f32)");
    assert_eq!(FuncType::new(&Engine::default(), [], []).to_string(), "(func)");
}
