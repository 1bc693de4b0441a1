// Augmentations: random changes of the training images. Their names need no `use`. The first argument of each is its probability.

/// Mirrors left and right. Wherever it stands in the list, it is applied last, on the device.
augmentation flip(probability: float = 0.5) { op = flip }

/// Keeps a random part with at least `scale` of the area and sides in a ratio of at most `ratio`, and enlarges it to the full size:
/// torchvision's RandomResizedCrop. `resize: false` leaves it in place on black, as AdaFace does (with `scale: 0.2`).
augmentation crop(probability: float = 1, scale: float = 0.8, ratio: float = 1.3333333333333333, resize: bool = true) {
  op = crop
}

/// Reduces the image to a random fraction of its side and enlarges it again, each with a random interpolation, as AdaFace does.
augmentation low_resolution(probability: float = 0.2, side: [float] = [0.2, 1]) {
  op = low_resolution
  interpolation = any
}

/// Changes brightness, contrast, saturation and hue by random amounts, in random order: torchvision's ColorJitter.
augmentation jitter(
  probability: float = 1,
  brightness: float = 0,
  contrast: float = 0,
  saturation: float = 0,
  hue: float = 0,
) {
  op = jitter
}

/// Rotates the hue and scales the saturation, by random amounts in these ranges: DALI's `hsv`.
augmentation hsv(
  probability: float = 0.2,
  hue_shift: [angle] = [0 deg, 0 deg],
  saturation_factor: [float] = [1, 1],
) {
  op = hsv
}

/// Gaussian blur with a random odd window of `window` pixels; its standard deviation is 0.3 ((window - 1) / 2 - 1) + 0.8.
augmentation blur(probability: float = 0.2, window: [int] = [3, 5]) { op = blur }

/// Replaces colors by their luma, on all channels.
augmentation gray(probability: float = 0.01) { op = gray }

/// Fills a random rectangle, as in random erasing (arXiv:1708.04896).
augmentation cutout(probability: float = 0.1, area: [float] = [0.02, 0.33], ratio: float = 3.3, fill: int = 0) {
  op = cutout
}

/// Compresses as JPEG with a random quality, 4:2:0, and decompresses.
augmentation jpeg(probability: float = 0.1, quality: [int] = [30, 95]) { op = jpeg }

/// Reduces and enlarges with the filters of DALI's `resize`: a triangle as wide as the reduction, then linear.
augmentation dali_resize(probability: float = 0.1, side: [float] = [0.5, 0.7946428571428571]) {
  op = low_resolution
  interpolation = triangle
}

/// The augmentations of arcface_torch's `dali_aug`; images of 112 pixels are reduced to 56 to 89.
fn dali() -> [augmentation] = [
  dali_resize(0.1),
  blur(0.2, window: [3, 5]),
  hsv(0.2, hue_shift: [0 deg, 20 deg], saturation_factor: [1, 1.2]),
  gray(0.1),
  flip(0.5),
]

test "dali is the list of its parts" {
  assert len(dali()) == 5
}
