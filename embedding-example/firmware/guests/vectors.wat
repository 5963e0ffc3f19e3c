;; Has operations on vectors, which the interpreter of firmware is built without.
(module
  (memory (export "memory") 1)
  (func (export "fill")
    (v128.store (i32.const 0) (i32x4.splat (i32.const 7)))))
