;; Names that are no identifiers of C, a type of many values, a start function that can fail.
(module $odd
  (import "3d" "line" (func $line (param i32) (result v128)))
  (import "static" "assert" (func $assert))
  (type $long (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (func (export "*/end") (param i32) (result v128) (call $line (local.get 0)))
  (func (export "long") (type $long))
  (func $begin (call $assert))
  (start $begin))
