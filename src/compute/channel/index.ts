/** Calls to other threads and processes. @module */
export { type Arguments, type CallOptions, type Channel, type Handlers, openChannel, type Result, transferring } from './channel.js';
export { beExpendable } from './expendable.js';
export { fileParcels } from './file-parcels.js';
export { processPort, threadPort } from './ports.js';
