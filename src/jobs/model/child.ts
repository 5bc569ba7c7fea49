/** Entry of the validation process, which validates one model. @module */
import { beExpendable, type Channel, fileParcels, openChannel, processPort } from '../../compute/channel/index.js';
import type { ServerFunctions, ValidationFunctions } from './messages.js';
import { computeCalling, validateModel } from './validate-model.js';

beExpendable();

const server: Channel<ServerFunctions> = openChannel<ServerFunctions, ValidationFunctions>(
  processPort(process),
  {
    validate: ([request]) =>
      validateModel(
        request,
        computeCalling(
          (endpoint, message, signal) => server.call('callEndpoint', [endpoint, message], { signal }),
          (...range) => server.call('readStored', range),
        ),
      ),
  },
  fileParcels(process.argv[2]!),
);
