/**
 * Turns off the telemetry of onnxruntime 1.29 and later, which sends names and hashes of models to its makers and writes a device id into the
 * home folder. The native library reads this variable when its first session is made, from the environment of the process: in a worker thread
 * this has an effect only where the thread was started with `env: SHARE_ENV`.
 * @module
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
