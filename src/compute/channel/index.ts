/** Calls to other threads and processes. @module */
export {
  type CallOptions,
  type Channel,
  type Functions,
  type Handlers,
  openChannel,
  type Parcels,
  type Port,
  transferring,
} from './channel.js';
export { fileParcels } from './file-parcels.js';
export { processPort, threadPort } from './ports.js';
