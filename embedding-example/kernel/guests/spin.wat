;; Never ends by itself. To be compiled with --interrupt epoch.
(module $spin
  (func $forever (export "spin")
    (loop $again (br $again))))
