;; A filter over samples, with all that a program in C can meet: host functions of several types, memory, a table, globals, traps,
;; a loop without end, deep recursion, growth.
(module $sensor
  (import "board" "sample" (func $sample (param i32) (result i32)))
  (import "board" "scale" (func $scale (param f64 i64) (result f64)))
  (import "board" "log" (func $log (param i32 i32)))
  (memory (export "memory") 1 3)
  (table (export "table") 4 funcref)
  (elem (i32.const 0) $double $negate)
  (data (i32.const 64) "sensor ready")
  (global (export "count") (mut i32) (i32.const 0))
  (global (export "version") i64 (i64.const 7))
  (type $unary (func (param i32) (result i32)))

  (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func $negate (type $unary) (i32.sub (i32.const 0) (local.get 0)))

  (func (export "greet")
    (call $log (i32.const 64) (i32.const 12)))

  ;; The mean of so many samples.
  (func (export "mean") (param $samples i32) (result i32)
    (local $sum i32) (local $place i32)
    (loop $again
      (if (i32.lt_s (local.get $place) (local.get $samples))
        (then
          (local.set $sum (i32.add (local.get $sum) (call $sample (local.get $place))))
          (global.set 0 (i32.add (global.get 0) (i32.const 1)))
          (local.set $place (i32.add (local.get $place) (i32.const 1)))
          (br $again))))
    (i32.div_s (local.get $sum) (local.get $samples)))

  (func (export "scaled") (param f64 i64) (result f64)
    (call $scale (local.get 0) (local.get 1)))

  ;; Many values, in slots.
  (func (export "spread") (param i32 i64 f32 f64 v128 i32) (result i32 i64 f32 f64 v128)
    (i32.add (local.get 0) (local.get 5))
    (local.get 1) (local.get 2) (local.get 3) (local.get 4))

  (func (export "apply") (param $which i32) (param $value i32) (result i32)
    (call_indirect (type $unary) (local.get $value) (local.get $which)))
  (func (export "pick") (param i32) (result funcref) (table.get (local.get 0)))
  (func (export "tag") (param externref) (result externref) (local.get 0))

  (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "spin") (loop $forever (br $forever))))
