let budget = 30 GiB + 2 s
let late = 3 h > 20 epochs
let bare = 30 GiB - 2
