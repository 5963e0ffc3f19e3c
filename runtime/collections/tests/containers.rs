//! What the containers hold, in which order they drop it, and that safe code can unsize them.

#![forbid(unsafe_code)]

use core::any::Any;
use core::cell::RefCell;
use core::error::Error;
use core::fmt;

use stilt_collections::{
    OutOfMemory, RefCount, Storage, TryArc, TryBox, TryString, TryVec, try_format, try_to_box_str, unsize_arc,
    unsize_box,
};

type Outcome = Result<(), Box<dyn Error>>;

/// Writes its number down when it is dropped.
struct Noted<'a>(u32, &'a RefCell<Vec<u32>>);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

#[repr(align(64))]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wide(u8);

#[derive(Debug)]
struct Failure(u32);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failure {}", self.0)
    }
}

impl Error for Failure {}

fn assert_send_and_sync<T: Send + Sync>() {}

#[test]
fn threads_may_share_what_they_may_share() {
    assert_send_and_sync::<OutOfMemory>();
    assert_send_and_sync::<RefCount>();
    assert_send_and_sync::<Storage>();
    assert_send_and_sync::<TryString>();
    assert_send_and_sync::<TryArc<u8>>();
    assert_send_and_sync::<TryBox<dyn Any + Send + Sync>>();
    assert_send_and_sync::<TryVec<u8>>();
}

#[test]
fn a_vector_is_a_growing_slice() -> Outcome {
    let mut vec = TryVec::new();
    for n in 0..100u32 {
        vec.try_push(n)?;
    }
    assert_eq!(vec.len(), 100);
    assert_eq!(vec.iter().sum::<u32>(), 4950);
    assert_eq!(vec.get(99), Some(&99));
    assert_eq!(vec.get(100), None);
    assert_eq!(vec.pop(), Some(99));
    assert_eq!(vec.remove(0), Some(0));
    assert_eq!(vec.remove(98), None);
    assert_eq!(vec.swap_remove(0), Some(1));
    assert_eq!(vec.first(), Some(&98));
    assert_eq!(vec.swap_remove(96), Some(97));
    assert_eq!(vec.swap_remove(96), None);
    vec.truncate(3);
    assert_eq!(vec.as_slice(), [98, 2, 3]);
    vec.try_insert(1, 7)?;
    vec.try_insert(99, 8)?;
    assert_eq!(vec.as_slice(), [98, 7, 2, 3, 8]);
    vec.try_extend_from_slice(&[1, 1])?;
    vec.retain(|n| *n % 2 == 1);
    assert_eq!(vec.as_slice(), [7, 3, 1, 1]);
    vec.try_resize(5, 4)?;
    vec.try_resize(4, 0)?;
    assert_eq!(vec.as_slice(), [7, 3, 1, 1]);
    let mut back = vec.into_iter();
    assert_eq!((back.next(), back.next_back(), back.len()), (Some(7), Some(1), 2));
    Ok(())
}

#[test]
fn sorted_insertion_keeps_order() -> Outcome {
    let mut vec = TryVec::new();
    for n in [5, 1, 4, 2, 3] {
        if let Err(at) = vec.binary_search(&n) {
            vec.try_insert(at, n)?;
        }
    }
    assert_eq!(vec.as_slice(), [1, 2, 3, 4, 5]);
    Ok(())
}

#[test]
fn reserved_room_gives_the_value_back_when_used_up() -> Outcome {
    let mut vec = TryVec::try_with_capacity(1)?;
    assert_eq!(vec.push_within_capacity(1), Ok(()));
    assert_eq!(vec.push_within_capacity(2), Err(2));
    Ok(())
}

#[test]
fn values_of_size_zero_are_counted_and_dropped() -> Outcome {
    thread_local!(static DROPS: RefCell<u32> = const { RefCell::new(0) });
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPS.with_borrow_mut(|drops| *drops += 1);
        }
    }
    let mut vec = TryVec::new();
    for _ in 0..10 {
        vec.try_push(Nothing)?;
    }
    vec.try_insert(3, Nothing)?;
    drop(vec.remove(2));
    assert_eq!(vec.len(), 10);
    drop(vec.into_iter().nth(4));
    drop(TryBox::new(Nothing)?);
    assert_eq!(DROPS.with_borrow(|drops| *drops), 12);
    Ok(())
}

#[test]
fn drops_happen_once_and_in_order() -> Outcome {
    let notes = RefCell::new(Vec::new());
    let mut vec = TryVec::new();
    for n in 0..6 {
        vec.try_push(Noted(n, &notes))?;
    }
    drop(vec.remove(1));
    vec.truncate(4);
    drop(vec.pop());
    drop(vec);
    assert_eq!(notes.take(), [1, 5, 4, 0, 2, 3]);

    let values = TryVec::try_from_iter((0..4).map(|n| Noted(n, &notes)))?;
    let mut values = values.into_iter();
    drop(values.next_back());
    drop(values);
    assert_eq!(notes.take(), [3, 0, 1, 2]);

    let slice = TryVec::try_from_iter((0..3).map(|n| Noted(n, &notes)))?.try_into_boxed_slice()?;
    assert_eq!(slice.len(), 3);
    drop(slice);
    assert_eq!(notes.take(), [0, 1, 2]);

    let moved = TryBox::new(Noted(9, &notes))?.into_inner();
    assert!(notes.borrow().is_empty());
    drop(moved);
    assert_eq!(notes.take(), [9]);
    Ok(())
}

#[test]
fn wide_alignment_is_kept_everywhere() -> Outcome {
    let boxed = TryBox::new(Wide(1))?;
    assert!((&raw const *boxed).is_aligned());
    let shared = TryArc::new(Wide(2))?;
    assert!(TryArc::as_ptr(&shared).is_aligned());
    let mut vec = TryVec::new();
    for n in 0..20 {
        vec.try_push(Wide(n))?;
        assert!(vec.as_ptr().is_aligned());
    }
    for align in [1, 16, 64, 4096] {
        let mut storage = Storage::try_with_size(24, align)?;
        storage.as_mut_slice().fill(0xff);
        storage.try_resize(5000)?;
        assert_eq!(storage.as_ptr().addr().get() % align, 0);
        assert_eq!(storage.as_slice().iter().filter(|byte| **byte != 0).count(), 24);
        storage.try_resize(0)?;
        assert!(storage.is_empty());
        storage.try_resize(3)?;
        assert_eq!(storage.as_slice(), [0; 3]);
        assert_eq!((storage.len(), storage.align()), (3, align));
    }
    assert!(Storage::try_with_size(1, 3).is_err());
    Ok(())
}

#[test]
fn boxes_unsize_and_downcast() -> Outcome {
    let add = unsize_box!(TryBox::new(|n: u32| n + 1)? => dyn Fn(u32) -> u32 + Send + Sync);
    assert_eq!(add(2), 3);

    let any = unsize_box!(TryBox::new(7u32)? => dyn Any + Send + Sync);
    let any = any.downcast::<u64>().expect_err("it is a u32");
    assert_eq!(any.downcast::<u32>().expect("it is a u32").into_inner(), 7);

    let error = unsize_box!(TryBox::new(Failure(3))? => dyn Error + Send + Sync);
    assert_eq!(error.to_string(), "failure 3");
    let error = error.downcast::<fmt::Error>().expect_err("it is ours");
    assert_eq!(error.downcast::<Failure>().expect("it is ours").0, 3);

    let zero_sized = unsize_box!(TryBox::new(())? => dyn Any + Send + Sync);
    assert!(zero_sized.downcast::<()>().is_ok());
    Ok(())
}

#[test]
fn arcs_share_and_unsize() -> Outcome {
    let notes = RefCell::new(Vec::new());
    let mut first = TryArc::new(Noted(1, &notes))?;
    assert!(TryArc::get_mut(&mut first).is_some());
    let second = first.clone();
    assert!(TryArc::ptr_eq(&first, &second));
    assert!(TryArc::get_mut(&mut first).is_none());
    drop(first);
    assert!(notes.borrow().is_empty());
    drop(second);
    assert_eq!(notes.take(), [1]);

    let shared = unsize_arc!(TryArc::new(Failure(5))? => dyn Error + Send + Sync);
    let others = [shared.clone(), shared.clone()];
    drop(shared);
    std::thread::scope(|scope| {
        for other in others {
            scope.spawn(move || assert_eq!(other.to_string(), "failure 5"));
        }
    });
    let wide = unsize_arc!(TryArc::new(Wide(3))? => dyn Any + Send + Sync);
    assert_eq!(wide.downcast_ref(), Some(&Wide(3)));
    Ok(())
}

#[test]
fn text_is_built_piecewise() -> Outcome {
    let mut text = TryString::try_from_str("wasm")?;
    text.try_push('é')?;
    text.try_push_str("!")?;
    assert_eq!(&*text, "wasmé!");
    assert_eq!(&*text.try_into_boxed_str()?, "wasmé!");
    assert_eq!(&*try_to_box_str("")?, "");
    assert_eq!(try_format(format_args!("{}-{:?}", 1, "two"))?.as_str(), "1-\"two\"");
    Ok(())
}

#[test]
fn sizes_beyond_the_address_space_are_errors() {
    let mut vec = TryVec::<u64>::new();
    let error = vec.try_reserve(usize::MAX / 4).expect_err("too large");
    assert_eq!(error.size(), usize::MAX);
    assert_eq!(error.to_string(), "out of memory: the size overflows the address space");
    assert!(vec.try_reserve(usize::MAX).is_err());
    assert!(TryVec::<u64>::try_with_capacity(usize::MAX).is_err());
    assert!(Storage::try_with_size(usize::MAX, 8).is_err());
}
