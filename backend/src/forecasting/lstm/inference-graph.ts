import { horizonMinutes } from '../forecaster.ts';
import {
  channels,
  contextSize,
  hiddenSize,
  weightConstants,
  weightNames,
  weightShapes,
  windowMinutes,
} from './network.ts';
import { encodeModel, type Constant, type Operator } from './onnx-model.ts';

const operators: readonly Operator[] = [
  // The LSTM operator wants a direction in front of its weights, and a second bias, which is zero.
  { type: 'Unsqueeze', inputs: ['W', 'axis_0'], outputs: ['W1'] },
  { type: 'Unsqueeze', inputs: ['R', 'axis_0'], outputs: ['R1'] },
  { type: 'Mul', inputs: ['B', 'zero'], outputs: ['B0'] },
  { type: 'Concat', inputs: ['B', 'B0'], outputs: ['B8'], attributes: { axis: 0 } },
  { type: 'Unsqueeze', inputs: ['B8', 'axis_0'], outputs: ['B1'] },
  {
    type: 'LSTM',
    inputs: ['sequence', 'W1', 'R1', 'B1'],
    outputs: ['', 'state'],
    attributes: { hidden_size: hiddenSize },
  },
  { type: 'Squeeze', inputs: ['state', 'axis_0'], outputs: ['last'] },
  { type: 'Concat', inputs: ['last', 'context'], outputs: ['joined'], attributes: { axis: 1 } },
  { type: 'Gemm', inputs: ['joined', 'HW', 'HB'], outputs: ['hidden'], attributes: { transB: 1 } },
  { type: 'Tanh', inputs: ['hidden'], outputs: ['bent'] },
  { type: 'Gemm', inputs: ['bent', 'OW', 'OB'], outputs: ['through'], attributes: { transB: 1 } },
  { type: 'Gemm', inputs: ['joined', 'S'], outputs: ['past'], attributes: { transB: 1 } },
  { type: 'Add', inputs: ['through', 'past'], outputs: ['raw'] },
  { type: 'Split', inputs: ['raw', 'thirds'], outputs: ['median', 'below', 'above'], attributes: { axis: 1 } },
  { type: 'Softplus', inputs: ['below'], outputs: ['reachBelow'] },
  { type: 'Softplus', inputs: ['above'], outputs: ['reachAbove'] },
  { type: 'Sub', inputs: ['median', 'reachBelow'], outputs: ['lower'] },
  { type: 'Add', inputs: ['median', 'reachAbove'], outputs: ['upper'] },
  { type: 'Concat', inputs: ['median', 'lower', 'upper'], outputs: ['quantiles'], attributes: { axis: 1 } },
];

const head: Omit<Parameters<typeof encodeModel>[0], 'constants' | 'inputs'> = {
  name: 'amadeus-traffic-lstm',
  operators,
  outputs: [{ name: 'quantiles', dims: ['N', 3 * horizonMinutes] }],
};
const shapes: readonly Constant[] = [
  { name: 'axis_0', dims: [1], values: [0n] },
  { name: 'thirds', dims: [3], values: new Array<bigint>(3).fill(BigInt(horizonMinutes)) },
  { name: 'zero', dims: [], values: Float32Array.of(0) },
];
const shown = [
  { name: 'sequence', dims: [windowMinutes, 'N', channels] },
  { name: 'context', dims: ['N', contextSize] },
];

/**
 * The model as it is shipped: `sequence` [60, N, channels] and `context` [N, contextSize] to `quantiles` [N, 30] (medians,
 * lower ends and upper ends of ten minutes each, in units of the window's scale, from its last value).
 */
export function inferenceModel(weights: Float32Array, metadata: Record<string, string> = {}): Uint8Array {
  return encodeModel({ ...head, constants: [...weightConstants(weights), ...shapes], inputs: shown, metadata });
}

/** The same without weights: they are inputs by their names, so that one session serves workloads with weights of their own. */
export function openModel(): Uint8Array {
  const asked = weightNames.map((name) => ({ name, dims: weightShapes[name] }));
  return encodeModel({ ...head, constants: shapes, inputs: [...shown, ...asked] });
}
