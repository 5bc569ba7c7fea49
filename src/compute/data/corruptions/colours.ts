/** RGB and HSV, as scikit-image converts them. @module */

/** Of one pixel in place: hue, saturation and value, all in [0, 1]. */
export function rgbToHsv(values: Float64Array, at: number): void {
  const [r, g, b] = [values[at]!, values[at + 1]!, values[at + 2]!];
  const value = Math.max(r, g, b);
  const delta = value - Math.min(r, g, b);
  let hue = 0;
  if (delta > 0) {
    // In this order: of equal maxima the last decides.
    if (r === value) hue = (g - b) / delta;
    if (g === value) hue = 2 + (b - r) / delta;
    if (b === value) hue = 4 + (r - g) / delta;
    hue = hue / 6 - Math.floor(hue / 6);
  }
  values[at] = hue;
  values[at + 1] = delta > 0 ? delta / value : 0;
  values[at + 2] = value;
}

/** The reverse. */
export function hsvToRgb(values: Float64Array, at: number): void {
  const [hue, saturation, v] = [values[at]!, values[at + 1]!, values[at + 2]!];
  const sector = Math.floor(hue * 6);
  const f = hue * 6 - sector;
  const p = v * (1 - saturation);
  const q = v * (1 - f * saturation);
  const t = v * (1 - (1 - f) * saturation);
  const rgb = [
    [v, t, p],
    [q, v, p],
    [p, v, t],
    [p, q, v],
    [t, p, v],
    [v, p, q],
  ][sector % 6]!;
  values.set(rgb, at);
}
