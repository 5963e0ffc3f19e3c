;; Floats, and enough work that timer interrupts come in between.
(module $measure
  (memory 1)
  ;; The sum of 1/k, with a vector of partial sums in memory.
  (func $harmonic (export "harmonic") (param $count i32) (result i64)
    (local $k i32) (local $sum f64)
    (loop $next
      (local.set $k (i32.add (local.get $k) (i32.const 1)))
      (local.set $sum
        (f64.add (local.get $sum) (f64.div (f64.const 1) (f64.convert_i32_u (local.get $k)))))
      (f64.store (i32.and (i32.shl (local.get $k) (i32.const 3)) (i32.const 0xfff8)) (local.get $sum))
      (br_if $next (i32.lt_u (local.get $k) (local.get $count))))
    (i64.reinterpret_f64
      (f64.load (i32.and (i32.shl (local.get $count) (i32.const 3)) (i32.const 0xfff8))))))
