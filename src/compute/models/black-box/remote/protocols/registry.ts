/** Protocols of endpoints. @module */
import { json } from './json.js';
import { kserveV2 } from './kserve-v2.js';
import { rawFloat32 } from './raw-float32.js';
import type { Protocol } from './types.js';

export const PROTOCOLS = { JSON: json, KSERVE_V2: kserveV2, RAW_FLOAT32: rawFloat32 } as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof PROTOCOLS;
