/** How images and answers travel. One protocol is one file and one line in the registry. @module */
import type { HostTensor } from '../../../../tensors/index.js';

export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

export interface Protocol {
  /** For the API's documentation. */
  readonly description: string;
  /** @param images as the network takes them, with the batch axis in front. */
  encode(images: HostTensor): Message;
  /**
   * @returns scores, row by row, or one label an image.
   * @throws Error that says what is wrong with the answer.
   */
  decode(body: Uint8Array): ArrayLike<number>;
}
