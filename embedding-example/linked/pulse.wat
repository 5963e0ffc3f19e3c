;; A second module in the same program: recursive, and traps when it divides by 0.
(module $pulse
  (import "board" "blink" (func $blink (param i32) (result i32)))
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $run (export "run") (param i32) (result i32)
    (i32.div_s (i32.const 1000) (call $fib (local.get 0)))))
