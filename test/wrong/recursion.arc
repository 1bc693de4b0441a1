fn factorial(n: int) -> int {
  if n == 0 then 1 else n * factorial(n - 1)
}

block even(x: Tensor) -> Tensor { x |> odd }
block odd(x: Tensor) -> Tensor { x |> even }
