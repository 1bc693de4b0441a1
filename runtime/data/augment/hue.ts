/** The hue of HSV. */

/**
 * Adds a fraction of a turn to the hue of each pixel, as torchvision's `adjust_hue`: value and saturation stay, so the largest and the
 * smallest of the three levels do too. `bytes` has u8[pixels, 3] from `start`.
 */
export function rotateHue(bytes: Uint8Array, start: number, length: number, turn: number): void {
  for (let at = start; at < start + length; at += 3) {
    const red = bytes[at] ?? 0
    const green = bytes[at + 1] ?? 0
    const blue = bytes[at + 2] ?? 0
    const most = Math.max(red, green, blue)
    const least = Math.min(red, green, blue)
    const range = most - least
    if (range === 0) continue
    // In sixths of a turn, from red over green to blue.
    let hue =
      most === red ? (green - blue) / range : most === green ? 2 + (blue - red) / range : 4 + (red - green) / range
    hue += 6 * turn
    if (hue < 0) hue += 6
    if (hue >= 6) hue -= 6
    const sector = Math.floor(hue)
    const part = hue - sector
    const falling = Math.floor(most - range * part + 0.5)
    const rising = Math.floor(least + range * part + 0.5)
    bytes[at] = sector === 0 || sector === 5 ? most : sector === 1 ? falling : sector === 4 ? rising : least
    bytes[at + 1] = sector === 1 || sector === 2 ? most : sector === 0 ? rising : sector === 3 ? falling : least
    bytes[at + 2] = sector === 3 || sector === 4 ? most : sector === 2 ? rising : sector === 5 ? falling : least
  }
}
