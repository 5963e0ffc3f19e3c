;; Has operations on floats, which an interpreter may be built without; and imports what no board has, so that it is refused by all.
(module
  (import "host" "motor_start" (func (param i32)))
  (func (export "half") (param f64) (result f64)
    (f64.mul (local.get 0) (f64.const 0.5))))
