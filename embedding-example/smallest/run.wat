;; 100 / argument, so that it traps for 0.
(module
  (memory 1)
  (table 4 funcref)
  (elem (i32.const 0) $divide)
  (type $unary (func (param i32) (result i32)))
  (func $divide (type $unary)
    (i32.div_s (i32.const 100) (local.get 0)))
  (func (export "run") (type $unary)
    (memory.fill (i32.const 0) (local.get 0) (i32.const 16))
    (i32.store (i32.const 16) (local.get 0))
    (call_indirect (type $unary) (i32.load (i32.const 16)) (i32.const 0))))
