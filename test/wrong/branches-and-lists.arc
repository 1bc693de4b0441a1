let wide = true
let width = if wide then 512 else "narrow"
let sizes = [3, 4, "14", 3]
let name = "r" + 50
let test_size = if 3 then 1 else 2
