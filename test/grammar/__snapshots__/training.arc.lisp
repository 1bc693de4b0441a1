(margin arcface
  (doc "ArcFace (arXiv:1801.07698, equation 3).")
  (params (m (type angle) (default (0.5 rad))) (scale (type float) (default 64)))
  (method target (params (cos)) (call cos (+ (call acos cos) m))))
(margin curricular
  (params (m (type angle) (default (0.5 rad))))
  (let hard (call cos m))
  (state t 0)
  (require (< m (90 deg)))
  (method target
    (params (cos))
    (block
      (let shifted (call cos (+ (call acos cos) m)))
      (if (> cos hard) shifted (- cos (* m (call sin m))))))
  (method others (params (cos) (t (type float) (default 1))) (if (> cos t) (* cos (+ t cos)) cos)))
(optimizer sgd
  (params
    (lr (type float))
    (momentum (type float) (default 0.9))
    (weight_decay (type float) (default 0.0005)))
  (state velocity 0)
  (method step
    (params (weight) (gradient))
    (block
      (let g (+ gradient (* weight_decay weight)))
      (let v (+ (* momentum velocity) g))
      (record (weight (- weight (* lr v))) (velocity v)))))
(schedule polynomial
  (params (power (type float) (default 1)) (warmup (type duration) (default (0 steps))))
  (method factor
    (params (step) (steps))
    (if (< step warmup) (/ step warmup) (** (- 1 (div step steps)) power))))
