// What training starts from. Its names need no `use`.

/// Weights of another run or program: a run or a checkpoint of arcc, a safetensors file, or a state dict saved by PyTorch, such as
/// those of arcface_torch. `classes` maps the classes of the data set to the old ones: each class keeps an old center or gets a new
/// one. Old classes that are not mapped are dropped.
start weights(
  path: string,
  centers: string = "",
  classes: string = "",
  fresh_centers: bool = false,
  new_centers: new_centers = mean,
  pictures: int = 8,
  except: [string] = [],
  keep_optimizer: bool = false,
) {}
