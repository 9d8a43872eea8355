import { open } from 'node:fs/promises';
import { parquetMetadataAsync, parquetSchema, type SchemaTree } from 'hyparquet';
import { billError } from './bill-error.ts';

/** How a column is fetched: as text, or as a map that is turned into JSON. Nested columns of other kinds are not read. */
export interface ParquetColumn {
  name: string;
  kind: 'text' | 'map' | 'nested';
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
  const { element } = node;
  if (
    element.converted_type === 'MAP' ||
    element.converted_type === 'MAP_KEY_VALUE' ||
    element.logical_type?.type === 'MAP'
  )
    return { name: element.name, kind: 'map' };
  return {
    name: element.name,
    kind: node.children.length > 0 || element.repetition_type === 'REPEATED' ? 'nested' : 'text',
  };
}
