(block residual
  (doc "The basic block of IResNet (arXiv:1801.07698).")
  (params (x (type Image)) (channels (type int)) (stride (type int) (default 1)))
  (result Image)
  (block
    (let main
      (|>
        (|>
          (|>
            (|> (|> x (call batch_norm (as "bn1"))) (call conv channels (kernel: 3) (as "conv1")))
            prelu)
          (call conv channels (kernel: 3) (stride: stride)))
        (call batch_norm (as (string "bn" (+ 2 1) "")))))
    (let skip
      (doc "The way around.")
      (if
        (and (== stride 1) (== (. x channels) channels))
        x
        (|> (|> x (call conv channels (kernel: 1) (stride: stride))) batch_norm)))
    (+ main skip)))
(backbone iresnet
  (params (depths (type (list-of int))) (embedding (type int) (default 512)))
  (on (input (type (Image 112 112 3))))
  (result (Vector embedding))
  (block
    (let stem (|> (|> (|> input (call conv 64 (kernel: 3))) batch_norm) prelu))
    (let body
      (for stage
        (.. 0 4)
        (carry x stem)
        (block
          (for index
            (.. 0 (index depths stage))
            (carry y x)
            (block
              (call residual y
                (* 64 (** 2 stage))
                (stride: (if (== index 0) 2 1))
                (as (string "layer" (+ stage 1) "." index ""))))))))
    (|> (|> body flatten) (call linear embedding))))
(backbone tiny
  (on (picture (type Image)))
  (result (Vector 8))
  (block (|> (|> picture flatten) (call linear 8))))
(let r50 (call iresnet (depths: (list 3 4 14 3))))
(extern-fn conv
  (params
    (x (type Image))
    (channels (type int))
    (kernel (type int) (default 3))
    (stride (type int) (default 1))
    (bias (type bool) (default false)))
  (result Image))
(extern-fn relu (params (x (type (optional Tensor)))) (result Tensor))
(fn square (params (x (type float))) (result float) (block (* x x)))
(fn mean (params (xs (type (list-of float)))) (block (/ (call sum xs) (call length xs))))
(test "r50 has 43.59 M parameters"
  (let count (. r50 parameters))
  (assert (≈ count 43590000.0))
  (assert (or (not (≈ count 0)) (and (!= (mod count 2) 1) (<= (- (** count 2)) 0.5)))))
