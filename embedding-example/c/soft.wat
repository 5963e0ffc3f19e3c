;; Floats, for a machine without registers for them: what a library may not have.
(module
  (func (export "double") (param f64) (result f64) (f64.add (local.get 0) (local.get 0))))
