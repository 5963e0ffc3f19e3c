;; Needs a CPU feature that no kernel here offers, where it is compiled so.
(module $wide
  (func (export "fused") (param f64 f64) (result f64)
    (f64.mul (local.get 0) (local.get 1))))
