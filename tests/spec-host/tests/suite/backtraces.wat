;; What `stilt-spec-replay --backtraces` calls: each export traps some frames deep, one of them through the host. That program knows
;; the frames by the indexes of the functions.
(module $told
  (import "host" "again" (func $again (param i32)))
  (memory 1)
  (table 2 funcref)
  (func $unreachable unreachable)
  (func $load (drop (i32.load (i32.const 65533))))
  (func $divide (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
  (func $undefined (call_indirect (i32.const 0)))
  (func (export "unreachable") (param i32) (call $unreachable))
  (func (export "load") (param i32) (call $load))
  (func (export "divide") (param i32) (call $divide (i32.sub (local.get 0) (local.get 0))))
  (func (export "undefined") (param i32) (call $undefined))
  (func $down (export "down") (param i32)
    (if (local.get 0) (then (call $again (i32.sub (local.get 0) (i32.const 1)))) (else unreachable))))
