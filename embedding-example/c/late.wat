;; What an instance leaves behind that was not made: its functions are in another's table when its last segment traps.
(module $late
  (import "sensor" "table" (table 4 funcref))
  (type $unary (func (param i32) (result i32)))
  (func $left (type $unary) (i32.div_s (i32.const 1000) (local.get 0)))
  (memory 1)
  (elem (i32.const 3) $left)
  (data (i32.const 65533) "data"))
