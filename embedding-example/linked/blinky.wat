;; Blinks: calls the host once for each of so many beats, two functions deep, and counts them in a global.
(module $blinky
  (import "board" "blink" (func $blink (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "blinky")
  (global $beats (export "beats") (mut i32) (i32.const 0))
  (func $beat (param $number i32) (result i32)
    (global.set $beats (i32.add (global.get $beats) (i32.const 1)))
    (call $blink (local.get $number)))
  (func $run (export "run") (param $beats i32) (result i32)
    (local $sum i32)
    (loop $again
      (if (local.get $beats)
        (then
          (local.set $sum (i32.add (local.get $sum) (call $beat (local.get $beats))))
          (local.set $beats (i32.sub (local.get $beats) (i32.const 1)))
          (br $again))))
    ;; The initial content of memory came from read-only data.
    (i32.add (local.get $sum) (i32.load8_u (i32.const 16)))))
