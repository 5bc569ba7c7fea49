/** The library that decodes and resizes pictures, loaded when the first is read: it takes 20 MB, and MNIST and CIFAR-10 never need it. @module */
export const loadSharp = async () => (await import('sharp')).default;
