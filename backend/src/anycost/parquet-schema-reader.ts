import { open } from 'node:fs/promises';
import { parquetMetadataAsync, parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet';
import { billError } from './bill-error.ts';
import type { Nesting } from './nested-sql.ts';

/** A column of the file; one that nests others arrives as JSON, as such columns stand in a CSV. */
export interface ParquetColumn {
  name: string;
  nesting?: Nesting;
}

export interface ParquetSchema {
  columns: ParquetColumn[];
  rows: number;
  /** The file's own notes. */
  notes: Readonly<Record<string, string>>;
}

/** Reads the footer of a Parquet file. @throws AppError UNPROCESSABLE where the file is damaged or cut off */
export async function readParquetSchema(path: string): Promise<ParquetSchema> {
  const file = await open(path, 'r');
  try {
    const { size: byteLength } = await file.stat();
    const slice = async (from: number, to = byteLength): Promise<ArrayBuffer> => {
      const bytes = new Uint8Array(new ArrayBuffer(Math.max(0, to - from)));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
      return bytes.buffer.slice(0, bytesRead);
    };
    const metadata = await parquetMetadataAsync({ byteLength, slice });
    const notes = (metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ''] as const);
    return {
      columns: parquetSchema(metadata).children.map(columnOf),
      rows: Number(metadata.num_rows),
      notes: Object.fromEntries(notes),
    };
  } catch (error) {
    throw billError(
      'The Parquet file is damaged or was cut off before its end. Send it again; nothing of it was kept.',
      error,
    );
  } finally {
    await file.close();
  }
}

function columnOf(node: SchemaTree): ParquetColumn {
  const nesting = nestingOf(node);
  return { name: node.element.name, ...(nesting.kind === 'value' ? {} : { nesting }) };
}

/**
 * How values nest below a column: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types, with
 * the lists of older writers.
 */
function nestingOf(node: SchemaTree): Nesting {
  const { element, children } = node;
  const [inner] = children;
  if (inner !== undefined && isMap(element)) {
    const [, value] = inner.children;
    return { kind: 'map', value: value === undefined ? { kind: 'value', type: 'text' } : nestingOf(value) };
  }
  if (inner !== undefined && (element.converted_type === 'LIST' || element.logical_type?.type === 'LIST'))
    return { kind: 'list', value: nestingOf(elementOf(inner, element.name)) };
  if (element.repetition_type === 'REPEATED') return { kind: 'list', value: ownNesting(node) };
  return ownNesting(node);
}

function isMap({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === 'MAP' || converted_type === 'MAP_KEY_VALUE' || logical_type?.type === 'MAP';
}

/** In a list of today a group of one field stands between the list and its elements. */
function elementOf(inner: SchemaTree, list: string): SchemaTree {
  const { name } = inner.element;
  const isElement = inner.children.length !== 1 || name === 'array' || name === `${list}_tuple`;
  const element = isElement ? inner : inner.children[0]!;
  return element === inner ? { ...inner, element: { ...inner.element, repetition_type: 'REQUIRED' } } : element;
}

function ownNesting({ element, children }: SchemaTree): Nesting {
  if (children.length === 0) return { kind: 'value', type: valueType(element) };
  return { kind: 'struct', fields: children.map((child) => ({ name: child.element.name, value: nestingOf(child) })) };
}

/** Decimals, instants and the like are texts: JSON has nothing that would hold them. */
function valueType({ type, converted_type, logical_type }: SchemaElement): 'whole' | 'truth' | 'float' | 'text' {
  if (type === 'BOOLEAN') return 'truth';
  if (type === 'FLOAT' || type === 'DOUBLE') return 'float';
  const isWhole = logical_type === undefined ? converted_type === undefined : logical_type.type === 'INTEGER';
  const isInteger = isWhole || /^INT_|^UINT_(?:8|16|32)$/.test(converted_type ?? '');
  return isInteger && (type === 'INT32' || type === 'INT64') ? 'whole' : 'text';
}
