// What training starts from. Its names need no `use`.

/// Weights of another run or program: a run or a checkpoint of arcc, a safetensors file, or a state dict that PyTorch saved, as
/// arcface_torch does. `classes` maps the old classes to those of the data set: each keeps an old center or gets a new one, and old
/// classes that no class keeps are dropped.
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
