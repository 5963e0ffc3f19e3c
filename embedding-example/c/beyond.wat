;; Data that does not lie within the memory: an instance is not made.
(module $beyond
  (memory 1)
  (data (i32.const 65533) "data"))
