import { payloadUnion } from './payload-union.js';
import { EVALUATION_ERRORS, StartEvaluationSuccess } from './start-evaluation.js';

export const ImportImagesPayload = payloadUnion('ImportImagesPayload', StartEvaluationSuccess, EVALUATION_ERRORS);
