import { horizonMinutes } from '../forecaster.ts';
import { GraphTape, type Value } from './graph-tape.ts';
import {
  channels,
  contextSize,
  hiddenSize,
  outputSize,
  quantileLevels,
  weightNames,
  weightShapes,
  windowMinutes,
  type WeightName,
} from './network.ts';
import { encodeModel } from './onnx-model.ts';

type Weights = Record<WeightName, Value>;

/**
 * One step of training as a graph of plain operators, forward and backward over all sixty minutes: from `sequence`
 * [60 * batch, channels], `context`, `target` (normalised as the outputs) and `weight` (0: not counted), and the network's
 * weights, to `quantiles`, `loss` and a gradient `d<name>` of each weight. ONNX Runtime has no operators for training in
 * Node, and needs none for this.
 */
export function trainingModel(batch: number): Uint8Array {
  const tape = new GraphTape();
  const sequence = tape.input('sequence', [windowMinutes * batch, channels]);
  const context = tape.input('context', [batch, contextSize]);
  const target = tape.input('target', [batch, outputSize]);
  const counted = tape.input('weight', [batch, outputSize]);
  const weights = Object.fromEntries(
    weightNames.map((name) => [name, tape.input(name, weightShapes[name], true)]),
  ) as Weights;
  const quantiles = heads(tape, weights, lastState(tape, weights, sequence, batch), context);
  const levels = tape.floats(quantileLevels.flatMap((level) => new Array<number>(horizonMinutes).fill(level)));
  const loss = tape.pinball(quantiles, target, levels, counted, batch * outputSize);
  const trained = weightNames.map((name) => weights[name]);
  const gradients = tape.backward(loss, trained);
  tape.output(loss, 'loss');
  tape.output(quantiles, 'quantiles');
  for (const [index, gradient] of gradients.entries()) tape.output(gradient, `d${weightNames[index]}`);
  return encodeModel({
    name: 'amadeus-traffic-lstm-training',
    operators: tape.operators,
    constants: tape.constants,
    inputs: tape.inputs,
    outputs: [
      { name: 'loss', dims: [] },
      { name: 'quantiles', dims: [batch, outputSize] },
      ...weightNames.map((name) => ({ name: `d${name}`, dims: weightShapes[name] })),
    ],
  });
}

/** The state after the last minute: h and c of the LSTM, begun at zero. */
function lastState(tape: GraphTape, { W, R, B }: Weights, sequence: Value, batch: number): Value {
  const perMinute = tape.split(tape.linear(sequence, W, B), new Array<number>(windowMinutes).fill(batch), 0);
  let state: { h: Value; c: Value } | undefined;
  for (const fromInput of perMinute) {
    const summed = state ? tape.add(fromInput, tape.linear(state.h, R)) : fromInput;
    const [open, candidate] = tape.split(summed, [3 * hiddenSize, hiddenSize], 1) as [Value, Value];
    const [input, output, forget] = tape.split(tape.sigmoid(open), [hiddenSize, hiddenSize, hiddenSize], 1) as [
      Value,
      Value,
      Value,
    ];
    const added = tape.multiply(input, tape.tanh(candidate));
    const c = state ? tape.add(tape.multiply(forget, state.c), added) : added;
    state = { h: tape.multiply(output, tape.tanh(c)), c };
  }
  return state!.h;
}

function heads(tape: GraphTape, { HW, HB, OW, OB, S }: Weights, state: Value, context: Value): Value {
  const joined = tape.concat([state, context], [hiddenSize, contextSize], 1);
  const bent = tape.tanh(tape.linear(joined, HW, HB));
  const raw = tape.add(tape.linear(bent, OW, OB), tape.linear(joined, S));
  const thirds = new Array<number>(3).fill(horizonMinutes);
  const [median, below, above] = tape.split(raw, thirds, 1) as [Value, Value, Value];
  const lower = tape.subtract(median, tape.softplus(below));
  const upper = tape.add(median, tape.softplus(above));
  return tape.concat([median, lower, upper], thirds, 1);
}
