;; Imports what no board has.
(module
  (import "host" "motor_start" (func (param i32)))
  (memory (export "memory") 1))
