import { TestEnvironment } from 'jest-environment-node';

/**
 * Node as jest makes it for each test file, with the process's own typed arrays: what comes out of native modules (ONNX
 * Runtime) is made of those, and would not be an instance of the ones that jest makes anew.
 */
export default class NativeArraysEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global.Float32Array = Float32Array;
  }
}
