/** From pixels as everyone gives them to what a network gets, as the server prepares them. Functions from data to data. @module */

/** What is undefined changes nothing. */
export interface Preparation {
  readonly valueRange: readonly number[] | undefined;
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
  readonly channelOrder: 'RGB' | 'BGR' | undefined;
}

/** Why it cannot be applied; undefined: it can. */
export function problemOf({ valueRange, mean, std }: Preparation, channels: number): string | undefined {
  if (valueRange && (valueRange.length !== 2 || !(valueRange[0]! < valueRange[1]!)))
    return 'The range of pixels has two numbers, the lower one first.';
  for (const [name, values] of Object.entries({ mean, 'standard deviation': std }))
    if (values && values.length !== channels) return `Give one ${name} for each of ${channels} channels.`;
  return std?.some((value) => value <= 0) ? 'Standard deviations are above 0.' : undefined;
}

/** What a channel of the network gets: value = scale · pixel + shift, with pixels from 0 to 1 of channel `from`. */
export interface Channel {
  readonly from: number;
  readonly scale: number;
  readonly shift: number;
}

export function channelsOf({ valueRange, mean, std, channelOrder }: Preparation, channels: number): Channel[] {
  const [low, high] = [valueRange?.[0] ?? 0, valueRange?.[1] ?? 1];
  const isReversed = channelOrder === 'BGR' && channels === 3;
  return Array.from({ length: channels }, (_, c) => ({
    from: isReversed ? 2 - c : c,
    scale: (high - low) / (std?.[c] ?? 1),
    shift: (low - (mean?.[c] ?? 0)) / (std?.[c] ?? 1),
  }));
}

/** The least and the most that any channel can get. */
export function limitsOf(channels: readonly Channel[]): readonly [number, number] {
  return [Math.min(...channels.map(({ shift }) => shift)), Math.max(...channels.map(({ scale, shift }) => scale + shift))];
}

export interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

/** Of what each channel gets of these images. @param images RGBA bytes of each. */
export function momentsOf(images: readonly Uint8ClampedArray[], channels: readonly Channel[]): Moments[] {
  return channels.map(({ from, scale, shift }) => {
    let [count, sum, squares] = [0, 0, 0];
    for (const data of images)
      for (let i = from; i < data.length; i += 4) {
        const value = (scale * data[i]!) / 255 + shift;
        count++;
        sum += value;
        squares += value * value;
      }
    const mean = sum / count;
    return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
  });
}

/** Draws what the network gets as colours: its least value black, its most white. @param data RGBA bytes, which are replaced. */
export function show(data: Uint8ClampedArray, channels: readonly Channel[]): void {
  const [least, most] = limitsOf(channels);
  for (let i = 0; i < data.length; i += 4) {
    const values = channels.map(({ from, scale, shift }) => (scale * data[i + from]!) / 255 + shift);
    for (let c = 0; c < 3; c++) data[i + c] = (255 * (values[Math.min(c, values.length - 1)]! - least)) / (most - least);
  }
}
