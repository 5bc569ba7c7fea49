/** The one function of fs-native-extensions that is used; the package ships no types. */
declare module 'fs-native-extensions' {
  /** An exclusive lock of the operating system on an open file: false where another descriptor holds it. */
  export function tryLock(fd: number): boolean;
}
