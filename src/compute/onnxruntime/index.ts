/** The only module that loads onnxruntime; a rule of .dependency-cruiser.mjs keeps it so. Telemetry is off before the library is loaded. @module */
import './no-telemetry.js';

export { InferenceSession, Tensor } from 'onnxruntime-node';
