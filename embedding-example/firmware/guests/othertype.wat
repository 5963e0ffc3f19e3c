;; Imports a host function as if it took a level of 64 bits.
(module
  (import "host" "gpio_write" (func (param i32 i64)))
  (memory (export "memory") 1))
