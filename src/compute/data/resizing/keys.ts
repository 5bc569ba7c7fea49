/** Keys 1981, a = -0.5: the bicubic kernel of Pillow and TensorFlow. @param distance in pixels, either way. */
export function keys(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? -0.5 * (((x - 5) * x + 8) * x - 4) : 0;
}
