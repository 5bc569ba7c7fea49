/** The machine that figures were measured on. @module */
import { cpus } from 'node:os';

export const processorName = (): string => `${cpus().length} cores of ${cpus()[0]!.model}`;
