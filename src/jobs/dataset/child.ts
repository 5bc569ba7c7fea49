/** Entry of the process that reads one uploaded data set. @module */
import { beExpendable, fileParcels, openChannel, processPort } from '../../compute/channel/index.js';
import type { DatasetFunctions } from './messages.js';
import { inspectDataset, readDataset } from './read-dataset.js';

beExpendable();

openChannel<object, DatasetFunctions>(
  processPort(process),
  { read: ([request]) => readDataset(request), inspect: ([request]) => inspectDataset(request) },
  fileParcels(process.argv[2]!),
);
