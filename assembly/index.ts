/** What assets/assembly/similarity.wasm exports. @module */
export { grey, slopes, sumsAt, sumsAtIdentity, warp } from './alignment';
export { ssim, toFloats } from './ssim';
