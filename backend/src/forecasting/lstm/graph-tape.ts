import type { Constant, Operator, Port } from './onnx-model.ts';

/** A tensor in a graph that is being written. */
export interface Value {
  readonly name: string;
  /** Whether the loss is derived by it or by something that it was computed from. */
  readonly isTrained: boolean;
}

/** How the gradients of what an operator gives become those of what it takes; absent ones are not needed. */
interface Recorded {
  outputs: readonly Value[];
  inputs: readonly Value[];
  gradients(outer: readonly (Value | undefined)[]): readonly (Value | undefined)[];
}

/**
 * Writes an ONNX graph of plain operators and remembers how each is derived, so that the backward half can be written
 * behind the forward one (reverse-mode differentiation). Only what the LSTM and its heads need.
 */
export class GraphTape {
  readonly operators: Operator[] = [];
  readonly constants: Constant[] = [];
  readonly inputs: Port[] = [];
  readonly #recorded: Recorded[] = [];
  readonly #kept = new Map<string, Value>();
  #count = 0;

  /** `isTrained`: a weight, whose gradient is asked for. */
  input(name: string, dims: Port['dims'], isTrained = false): Value {
    this.inputs.push({ name, dims });
    return { name, isTrained };
  }

  scalar(value: number): Value {
    return this.#keep(`scalar_${value}`, () => ({ dims: [], values: Float32Array.of(value) }));
  }

  integers(values: readonly number[]): Value {
    return this.#keep(`integers_${values.join('_')}`, () => ({ dims: [values.length], values: values.map(BigInt) }));
  }

  floats(values: readonly number[]): Value {
    return this.#keep(`floats_${values.join('_')}`, () => ({
      dims: [values.length],
      values: Float32Array.from(values),
    }));
  }

  /** x W' (+ b): x is [M, K], `weight` [N, K], `bias` [N]. */
  linear(x: Value, weight: Value, bias?: Value): Value {
    const y = this.#emit('Gemm', bias ? [x, weight, bias] : [x, weight], { transB: 1 });
    this.#record([y], bias ? [x, weight, bias] : [x, weight], ([dy]) => [
      x.isTrained ? this.#emit('Gemm', [dy!, weight]) : undefined,
      weight.isTrained ? this.#emit('Gemm', [dy!, x], { transA: 1 }) : undefined,
      bias?.isTrained ? this.#emit('ReduceSum', [dy!, this.integers([0])], { keepdims: 0 }) : undefined,
    ]);
    return y;
  }

  /** Sum of tensors of one shape. */
  add(...terms: readonly Value[]): Value {
    const y = this.#emit('Sum', terms);
    this.#record([y], terms, ([dy]) => terms.map(() => dy));
    return y;
  }

  subtract(a: Value, b: Value): Value {
    const y = this.#emit('Sub', [a, b]);
    this.#record([y], [a, b], ([dy]) => [dy, b.isTrained ? this.#emit('Neg', [dy!]) : undefined]);
    return y;
  }

  multiply(a: Value, b: Value): Value {
    const y = this.#emit('Mul', [a, b]);
    this.#record([y], [a, b], ([dy]) => [
      a.isTrained ? this.#emit('Mul', [dy!, b]) : undefined,
      b.isTrained ? this.#emit('Mul', [dy!, a]) : undefined,
    ]);
    return y;
  }

  sigmoid(x: Value): Value {
    const y = this.#emit('Sigmoid', [x]);
    // y' = y (1 - y) = y - y y
    this.#record([y], [x], ([dy]) => [this.#emit('Mul', [dy!, this.#emit('Sub', [y, this.#emit('Mul', [y, y])])])]);
    return y;
  }

  tanh(x: Value): Value {
    const y = this.#emit('Tanh', [x]);
    // y' = 1 - y y
    this.#record([y], [x], ([dy]) => [
      this.#emit('Mul', [dy!, this.#emit('Sub', [this.scalar(1), this.#emit('Mul', [y, y])])]),
    ]);
    return y;
  }

  /** log(1 + e^x); its derivative is the sigmoid. */
  softplus(x: Value): Value {
    const y = this.#emit('Softplus', [x]);
    this.#record([y], [x], ([dy]) => [this.#emit('Mul', [dy!, this.#emit('Sigmoid', [x])])]);
    return y;
  }

  split(x: Value, sizes: readonly number[], axis: number): Value[] {
    const parts = sizes.map(() => this.#fresh(x.isTrained));
    this.operators.push({
      type: 'Split',
      inputs: [x.name, this.integers(sizes).name],
      outputs: parts.map((part) => part.name),
      attributes: { axis },
    });
    this.#record(parts, [x], (outer) => [
      this.#emit(
        'Concat',
        parts.map((part, index) => outer[index] ?? this.#emit('Mul', [part, this.scalar(0)])),
        { axis },
      ),
    ]);
    return parts;
  }

  concat(parts: readonly Value[], sizes: readonly number[], axis: number): Value {
    const y = this.#emit('Concat', parts, { axis });
    this.#record([y], parts, ([dy]) => this.#splitGradient(dy!, sizes, axis));
    return y;
  }

  /**
   * Pinball loss of `predicted` against `target`, summed and divided by `count`: `levels` [N] is the quantile of each column,
   * `weights` (the shape of both) counts elements in or out. Its derivative by a prediction is (target < predicted) - level.
   */
  pinball(predicted: Value, target: Value, levels: Value, weights: Value, count: number): Value {
    const share = this.#emit('Mul', [weights, this.scalar(1 / count)]);
    const missed = this.#emit('Sub', [target, predicted]);
    const above = this.#emit('Mul', [levels, missed]);
    const below = this.#emit('Mul', [this.#emit('Sub', [levels, this.scalar(1)]), missed]);
    const lost = this.#emit('Mul', [this.#emit('Max', [above, below]), share]);
    const loss = this.#emit('ReduceSum', [lost], { keepdims: 0 });
    const trained = { ...loss, isTrained: predicted.isTrained };
    this.#record([trained], [predicted], ([outer]) => {
      const isBelow = this.#emit('Cast', [this.#emit('Less', [missed, this.scalar(0)])], { to: 1 });
      const slope = this.#emit('Mul', [this.#emit('Sub', [isBelow, levels]), share]);
      return [this.#emit('Mul', [slope, outer!])];
    });
    return trained;
  }

  /** Gradients of `loss` by each of `weights`, written behind what is there. */
  backward(loss: Value, weights: readonly Value[]): Value[] {
    const gathered = new Map<string, Value[]>([[loss.name, [this.scalar(1)]]]);
    const sumOf = (value: Value): Value | undefined => {
      const parts = gathered.get(value.name);
      if (!parts || parts.length === 1) return parts?.[0];
      const sum = this.#emit('Sum', parts);
      gathered.set(value.name, [sum]);
      return sum;
    };
    for (const { outputs, inputs, gradients } of this.#recorded.toReversed()) {
      const outer = outputs.map(sumOf);
      if (outer.every((gradient) => gradient === undefined)) continue;
      for (const [index, gradient] of gradients(outer).entries()) {
        const input = inputs[index]!;
        if (!gradient || !input.isTrained) continue;
        gathered.set(input.name, [...(gathered.get(input.name) ?? []), gradient]);
      }
    }
    return weights.map((weight) => {
      const gradient = sumOf(weight);
      if (!gradient) throw new Error(`the loss does not depend on ${weight.name}`);
      return gradient;
    });
  }

  /** Gives a value the name under which it leaves the graph. */
  output(value: Value, name: string): void {
    this.operators.push({ type: 'Identity', inputs: [value.name], outputs: [name] });
  }

  #emit(type: string, inputs: readonly Value[], attributes?: NonNullable<Operator['attributes']>): Value {
    const y = this.#fresh(inputs.some((input) => input.isTrained));
    this.operators.push({
      type,
      inputs: inputs.map((input) => input.name),
      outputs: [y.name],
      ...(attributes ? { attributes } : {}),
    });
    return y;
  }

  #splitGradient(gradient: Value, sizes: readonly number[], axis: number): Value[] {
    const parts = sizes.map(() => this.#fresh(false));
    this.operators.push({
      type: 'Split',
      inputs: [gradient.name, this.integers(sizes).name],
      outputs: parts.map((part) => part.name),
      attributes: { axis },
    });
    return parts;
  }

  #record(outputs: readonly Value[], inputs: readonly Value[], gradients: Recorded['gradients']): void {
    if (outputs.some((output) => output.isTrained)) this.#recorded.push({ outputs, inputs, gradients });
  }

  #fresh(isTrained: boolean): Value {
    this.#count += 1;
    return { name: `v${this.#count}`, isTrained };
  }

  #keep(name: string, make: () => Omit<Constant, 'name'>): Value {
    const known = this.#kept.get(name);
    if (known) return known;
    const value = { name, isTrained: false };
    this.constants.push({ name, ...make() });
    this.#kept.set(name, value);
    return value;
  }
}
