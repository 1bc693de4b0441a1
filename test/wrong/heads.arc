block scale(factor: float) -> Tensor { factor }

backbone tiny(width: int = 8) on Vector(64) -> Image { input }

backbone unsized(width: int = 8) on Image -> Vector(8) { input |> average_pool }

fn area(height, width: int) -> int { height * width }

block sized(x: Image(112, 112)) -> Image { x }
