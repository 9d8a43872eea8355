import protobuf from 'protobufjs/light.js';

/** A tensor that a model carries. Weights are floats; shapes and axes are integers. */
export interface Constant {
  name: string;
  dims: readonly number[];
  values: Float32Array | readonly bigint[];
}

type AttributeValue = number | readonly number[] | { float: number };

/** One operator: its attributes are integers, lists of integers, or (wrapped) a float. */
export interface Operator {
  type: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes?: Readonly<Record<string, AttributeValue>>;
}

/** Name and dimensions; a dimension that is a word is free. */
export interface Port {
  name: string;
  dims: readonly (number | string)[];
}

export interface OnnxGraph {
  name: string;
  operators: readonly Operator[];
  /** Those that are inputs as well are defaults, which a caller may override. */
  constants: readonly Constant[];
  inputs: readonly Port[];
  outputs: readonly Port[];
  /** Written into the file beside the graph: where it comes from, with what it was trained. */
  metadata?: Readonly<Record<string, string>>;
}

const opset = 18;
const irVersion = 8;
const float32 = 1;
const int64 = 7;
const attributeTypes = { float: 1, int: 2, ints: 7 } as const;

/** The part of onnx.proto (ONNX IR version 8) that our graphs need, with its field numbers. */
const root = protobuf.Root.fromJSON({
  nested: {
    Metadata: { fields: { key: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
    Opset: { fields: { domain: { type: 'string', id: 1 }, version: { type: 'int64', id: 2 } } },
    Dim: { fields: { dimValue: { type: 'int64', id: 1 }, dimParam: { type: 'string', id: 2 } } },
    Shape: { fields: { dim: { rule: 'repeated', type: 'Dim', id: 1 } } },
    TensorType: { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'Shape', id: 2 } } },
    Type: { fields: { tensorType: { type: 'TensorType', id: 1 } } },
    ValueInfo: { fields: { name: { type: 'string', id: 1 }, type: { type: 'Type', id: 2 } } },
    Tensor: {
      fields: {
        dims: { rule: 'repeated', type: 'int64', id: 1 },
        dataType: { type: 'int32', id: 2 },
        name: { type: 'string', id: 8 },
        rawData: { type: 'bytes', id: 9 },
      },
    },
    Attribute: {
      fields: {
        name: { type: 'string', id: 1 },
        f: { type: 'float', id: 2 },
        i: { type: 'int64', id: 3 },
        ints: { rule: 'repeated', type: 'int64', id: 8 },
        type: { type: 'int32', id: 20 },
      },
    },
    Node: {
      fields: {
        input: { rule: 'repeated', type: 'string', id: 1 },
        output: { rule: 'repeated', type: 'string', id: 2 },
        name: { type: 'string', id: 3 },
        opType: { type: 'string', id: 4 },
        attribute: { rule: 'repeated', type: 'Attribute', id: 5 },
      },
    },
    Graph: {
      fields: {
        node: { rule: 'repeated', type: 'Node', id: 1 },
        name: { type: 'string', id: 2 },
        initializer: { rule: 'repeated', type: 'Tensor', id: 5 },
        input: { rule: 'repeated', type: 'ValueInfo', id: 11 },
        output: { rule: 'repeated', type: 'ValueInfo', id: 12 },
      },
    },
    Model: {
      fields: {
        irVersion: { type: 'int64', id: 1 },
        producerName: { type: 'string', id: 2 },
        graph: { type: 'Graph', id: 7 },
        opsetImport: { rule: 'repeated', type: 'Opset', id: 8 },
        metadataProps: { rule: 'repeated', type: 'Metadata', id: 14 },
      },
    },
  },
});
const modelType = root.lookupType('Model');

/** Bytes of an ONNX model (opset 18), the same for the same graph. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  const model = {
    irVersion,
    producerName: 'amadeus',
    opsetImport: [{ domain: '', version: opset }],
    metadataProps: Object.entries(graph.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node: graph.operators.map((operator, index) => ({
        name: `${operator.type}_${index}`,
        opType: operator.type,
        input: operator.inputs,
        output: operator.outputs,
        attribute: Object.entries(operator.attributes ?? {}).map(([name, value]) => attribute(name, value)),
      })),
      initializer: graph.constants.map(tensor),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  };
  return modelType.encode(modelType.fromObject(model)).finish();
}

/** The float constants (weights) and the metadata of a model's bytes. @throws where the bytes are not such a model. */
export function decodeModel(bytes: Uint8Array): {
  constants: Map<string, Float32Array>;
  metadata: Record<string, string>;
} {
  const model = modelType.toObject(modelType.decode(bytes), { arrays: true, longs: Number }) as {
    metadataProps: { key: string; value: string }[];
    graph?: { initializer: { name: string; dataType: number; rawData: Uint8Array }[] };
  };
  const constants = new Map<string, Float32Array>();
  for (const { name, dataType, rawData } of model.graph?.initializer ?? []) {
    if (dataType === float32) constants.set(name, new Float32Array(Uint8Array.from(rawData).buffer));
  }
  return { constants, metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])) };
}

function attribute(name: string, value: AttributeValue): object {
  if (typeof value === 'number') return { name, i: value, type: attributeTypes.int };
  if ('float' in value) return { name, f: value.float, type: attributeTypes.float };
  return { name, ints: [...value], type: attributeTypes.ints };
}

function tensor({ name, dims, values }: Constant): object {
  const isFloat = values instanceof Float32Array;
  const raw = isFloat ? values : BigInt64Array.from(values);
  const rawData = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
  return { name, dims: [...dims], dataType: isFloat ? float32 : int64, rawData };
}

function valueInfo({ name, dims }: Port): object {
  const dim = dims.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: float32, shape: { dim } } } };
}
