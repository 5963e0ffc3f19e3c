;; Counts how often it was called, in floats, which must not disturb what it interrupted.
(module $tick
  (global $count (mut f64) (f64.const 0))
  (func (export "tick")
    (global.set $count (f64.sqrt (f64.mul
      (f64.add (global.get $count) (f64.const 1))
      (f64.add (global.get $count) (f64.const 1))))))
  (func (export "count") (result i32)
    (i32.trunc_f64_u (global.get $count))))
