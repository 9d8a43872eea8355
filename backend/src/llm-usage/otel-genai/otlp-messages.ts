import type { Field, FieldKind, MessageType } from './protobuf-message.ts';

/*
 * The messages of opentelemetry-proto 1.x as far as usage needs them: names as in OTLP's JSON form, numbers as in the
 * .proto files (trace/v1, metrics/v1, common/v1, resource/v1).
 */
const one = (name: string, kind: FieldKind): Field => ({ name, kind });
const many = (name: string, kind: FieldKind): Field => ({ name, kind, repeated: true });

const anyValue: { fields: Record<number, Field> } = { fields: {} };
const keyValue: MessageType = { fields: { 1: one('key', 'string'), 2: one('value', anyValue) } };
const arrayValue: MessageType = { fields: { 1: many('values', anyValue) } };
const keyValueList: MessageType = { fields: { 1: many('values', keyValue) } };
Object.assign(anyValue.fields, {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int64'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', arrayValue),
  6: one('kvlistValue', keyValueList),
  7: one('bytesValue', 'bytes'),
});
const resource: MessageType = { fields: { 1: many('attributes', keyValue) } };
const status: MessageType = { fields: { 2: one('message', 'string'), 3: one('code', 'int32') } };

const span: MessageType = {
  fields: {
    1: one('traceId', 'id'),
    2: one('spanId', 'id'),
    4: one('parentSpanId', 'id'),
    5: one('name', 'string'),
    6: one('kind', 'int32'),
    7: one('startTimeUnixNano', 'fixed64'),
    8: one('endTimeUnixNano', 'fixed64'),
    9: many('attributes', keyValue),
    15: one('status', status),
  },
};
const scopeSpans: MessageType = { fields: { 2: many('spans', span) } };
const resourceSpans: MessageType = { fields: { 1: one('resource', resource), 2: many('scopeSpans', scopeSpans) } };
export const tracesRequest: MessageType = { fields: { 1: many('resourceSpans', resourceSpans) } };

const numberPoint: MessageType = {
  fields: {
    2: one('startTimeUnixNano', 'fixed64'),
    3: one('timeUnixNano', 'fixed64'),
    4: one('asDouble', 'double'),
    6: one('asInt', 'sfixed64'),
    7: many('attributes', keyValue),
  },
};
const histogramPoint: MessageType = {
  fields: {
    2: one('startTimeUnixNano', 'fixed64'),
    3: one('timeUnixNano', 'fixed64'),
    4: one('count', 'fixed64'),
    5: one('sum', 'double'),
    9: many('attributes', keyValue),
  },
};
const exponentialPoint: MessageType = {
  fields: {
    1: many('attributes', keyValue),
    2: one('startTimeUnixNano', 'fixed64'),
    3: one('timeUnixNano', 'fixed64'),
    4: one('count', 'fixed64'),
    5: one('sum', 'double'),
  },
};
const ofPoints = (point: MessageType): MessageType => ({
  fields: { 1: many('dataPoints', point), 2: one('aggregationTemporality', 'int32') },
});
const metric: MessageType = {
  fields: {
    1: one('name', 'string'),
    3: one('unit', 'string'),
    5: one('gauge', { fields: { 1: many('dataPoints', numberPoint) } }),
    7: one('sum', ofPoints(numberPoint)),
    9: one('histogram', ofPoints(histogramPoint)),
    10: one('exponentialHistogram', ofPoints(exponentialPoint)),
  },
};
const scopeMetrics: MessageType = { fields: { 2: many('metrics', metric) } };
const resourceMetrics: MessageType = {
  fields: { 1: one('resource', resource), 2: many('scopeMetrics', scopeMetrics) },
};
export const metricsRequest: MessageType = { fields: { 1: many('resourceMetrics', resourceMetrics) } };

/** The answer to an export: partial success with the number of what was not kept, or an empty message for all. */
export function exportResponse(rejected: number, message: string): Buffer {
  if (rejected === 0 && message === '') return Buffer.alloc(0);
  const text = Buffer.from(message, 'utf8');
  const partial = Buffer.concat([
    ...(rejected === 0 ? [] : [Buffer.of(0x08), varint(rejected)]),
    ...(message === '' ? [] : [Buffer.of(0x12), varint(text.length), text]),
  ]);
  return Buffer.concat([Buffer.of(0x0a), varint(partial.length), partial]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  return Buffer.from([...bytes, left]);
}
