import { payloadUnion } from '../errors/payload-union.js';
import { EVALUATION_ERRORS, StartEvaluationSuccess } from '../evaluation/start-evaluation-payload.js';

export const ImportImagesPayload = payloadUnion('ImportImagesPayload', StartEvaluationSuccess, EVALUATION_ERRORS);
