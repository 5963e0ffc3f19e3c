;; What the board runs: it blinks, computes, fails and spins.
(module
  (import "board" "led" (func $led (param i32)))
  (memory (export "memory") 1)
  (func (export "blink") (param $times i32) (result i32)
    (local $done i32)
    (loop $again
      (if (i32.lt_u (local.get $done) (local.get $times))
        (then
          (call $led (i32.const 1))
          (call $led (i32.const 0))
          (local.set $done (i32.add (local.get $done) (i32.const 1)))
          (br $again))))
    (local.get $done))
  ;; In floats of both sizes, which many of these machines do not have, through memory that is copied.
  (func (export "mean") (param $first f64) (param $second f64) (result f64)
    (f64.store (i32.const 8) (f64.add (local.get $first) (local.get $second)))
    (memory.copy (i32.const 64) (i32.const 8) (i32.const 8))
    (f64.mul
      (f64.load (i32.const 64))
      (f64.promote_f32 (f32.div (f32.const 1) (f32.const 2)))))
  (func (export "divide") (param $dividend i64) (param $divisor i64) (result i64)
    (i64.div_s (local.get $dividend) (local.get $divisor)))
  (func (export "spin") (loop $forever (br $forever))))
