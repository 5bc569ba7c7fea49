/** Portable bitmaps, greymaps and pixmaps (PBM, PGM and PPM, as text or as bytes), which sharp's builds do not read. @module */
import { checkSize, type Picture } from './types.js';

export const isPortableAnymap = (file: Buffer) => /^P[1-6]\s/.test(file.toString('latin1', 0, 3));

interface Kind {
  readonly channels: 1 | 3;
  readonly isText: boolean;
  /** One bit a pixel, 1 for black. */
  readonly isBinary: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  P1: { channels: 1, isText: true, isBinary: true },
  P2: { channels: 1, isText: true, isBinary: false },
  P3: { channels: 3, isText: true, isBinary: false },
  P4: { channels: 1, isText: false, isBinary: true },
  P5: { channels: 1, isText: false, isBinary: false },
  P6: { channels: 3, isText: false, isBinary: false },
};

/** Reads numbers in decimal digits, between which there are spaces and comments. */
class Text {
  at = 2;
  constructor(private readonly file: Buffer) {}

  /** @param digits most digits; the pixels of a text of bits need nothing between them. */
  number(digits = Infinity): number {
    for (;;) {
      if (this.character === '#') while (!['\n', '\r', ''].includes(this.character)) this.at++;
      else if (/^\s$/.test(this.character)) this.at++;
      else break;
    }
    const from = this.at;
    while (/^\d$/.test(this.character) && this.at - from < digits) this.at++;
    if (this.at === from) throw new Error(this.character === '' ? 'it ends too early' : `there is no number at byte ${from}`);
    return Number(this.file.toString('latin1', from, this.at));
  }

  private get character(): string {
    return this.file.toString('latin1', this.at, this.at + 1);
  }
}

/** @throws Error where the file is damaged. */
export function readPortableAnymap(file: Buffer): Picture {
  const kind = KINDS[file.toString('latin1', 0, 2)]!;
  const text = new Text(file);
  const [width, height] = [text.number(), text.number()];
  checkSize(width, height);
  const most = kind.isBinary ? 1 : text.number();
  if (most < 1 || most > 65535) throw new Error(`its largest value is ${most}, not from 1 to 65535`);
  const values = width * height * kind.channels;
  // Pillow reads grey values of 16 bits as they are, and cuts them at 255.
  const scale = kind.channels === 1 && most > 255 ? 65535 : 255;
  const valueAt = kind.isText ? textReader(text, kind) : byteReader(file.subarray(text.at + 1), kind, width, height, most);
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < values; i++) {
    const value = Math.min(255, Math.round((valueAt(i) / most) * scale));
    const byte = kind.isBinary ? 255 - value : value;
    if (kind.channels === 3) pixels[i] = byte;
    else pixels.fill(byte, 3 * i, 3 * i + 3);
  }
  return { width, height, pixels };
}

/** To be called for each value in order. */
function textReader(text: Text, { isBinary }: Kind): (i: number) => number {
  return () => text.number(isBinary ? 1 : undefined);
}

function byteReader(bytes: Buffer, { channels, isBinary }: Kind, width: number, height: number, most: number): (i: number) => number {
  const rowBytes = isBinary ? Math.ceil(width / 8) : width * channels * (most > 255 ? 2 : 1);
  if (bytes.length < rowBytes * height) throw new Error('it ends too early');
  if (isBinary) return (i) => (bytes[Math.floor(i / width) * rowBytes + Math.floor((i % width) / 8)]! >> (7 - ((i % width) % 8))) & 1;
  return most > 255 ? (i) => bytes.readUInt16BE(2 * i) : (i) => bytes[i]!;
}
