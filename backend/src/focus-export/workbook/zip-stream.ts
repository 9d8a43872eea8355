import { crc32, createDeflateRaw } from 'node:zlib';
import { Readable } from 'node:stream';
import { AppError } from '../../platform/errors/index.ts';

/** A file of an archive whose bytes come piece by piece. */
export interface ZipEntry {
  path: string;
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>;
}

interface Written {
  name: Buffer;
  crc: number;
  packed: number;
  size: number;
  offset: number;
}

/** Without the longer form of the format (ZIP64), sizes and places are numbers of 32 bits. */
const most = 2 ** 32 - 1;
const usesUtf8AndDescriptor = 0x0808;
const deflate = 8;
/** 1 January 1980, so that equal content makes equal bytes. */
const date = 0x0021;
const level = 1;

/**
 * A ZIP archive piece by piece (APPNOTE.TXT 6.3.10): sizes follow each file in a descriptor, so that nothing of a file is
 * held. Entries are asked for one after the other.
 * @throws AppError TOO_LARGE where a file or the archive would not fit into 4 GiB
 */
export async function* zipStream(entries: AsyncIterable<ZipEntry> | Iterable<ZipEntry>): AsyncGenerator<Buffer> {
  const written: Written[] = [];
  let offset = 0;
  for await (const { path, chunks } of entries) {
    const entry: Written = { name: Buffer.from(path, 'utf8'), crc: 0, packed: 0, size: 0, offset };
    const head = localHeader(entry);
    yield head;
    for await (const chunk of packed(entry, chunks)) yield chunk;
    const tail = descriptor(entry);
    yield tail;
    offset += head.length + entry.packed + tail.length;
    if (entry.size > most || offset > most)
      throw new AppError('TOO_LARGE', 'The workbook is larger than 4 GiB.', {
        help: 'Narrow the selection, or take it as CSV.',
      });
    written.push(entry);
  }
  yield directory(written, offset);
}

async function* packed(entry: Written, chunks: ZipEntry['chunks']): AsyncGenerator<Buffer> {
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      entry.crc = crc32(chunk, entry.crc);
      entry.size += chunk.length;
      yield chunk;
    }
  };
  const source = Readable.from(counted(), { objectMode: false });
  const deflater = createDeflateRaw({ level, chunkSize: 128 * 1024 });
  source.once('error', (error) => deflater.destroy(error));
  try {
    for await (const chunk of source.pipe(deflater) as AsyncIterable<Buffer>) {
      entry.packed += chunk.length;
      yield chunk;
    }
  } finally {
    source.destroy();
    deflater.destroy();
  }
}

function localHeader({ name }: Written): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(usesUtf8AndDescriptor, 6);
  head.writeUInt16LE(deflate, 8);
  head.writeUInt16LE(date, 12);
  head.writeUInt16LE(name.length, 26);
  return Buffer.concat([head, name]);
}

function descriptor({ crc, packed: bytes, size }: Written): Buffer {
  const tail = Buffer.alloc(16);
  tail.writeUInt32LE(0x08074b50, 0);
  tail.writeUInt32LE(crc, 4);
  tail.writeUInt32LE(Math.min(bytes, most), 8);
  tail.writeUInt32LE(Math.min(size, most), 12);
  return tail;
}

function directory(entries: readonly Written[], offset: number): Buffer {
  const lines = entries.map(({ name, crc, packed: bytes, size, offset: at }) => {
    const line = Buffer.alloc(46);
    line.writeUInt32LE(0x02014b50, 0);
    line.writeUInt16LE(20, 4);
    line.writeUInt16LE(20, 6);
    line.writeUInt16LE(usesUtf8AndDescriptor, 8);
    line.writeUInt16LE(deflate, 10);
    line.writeUInt16LE(date, 14);
    line.writeUInt32LE(crc, 16);
    line.writeUInt32LE(bytes, 20);
    line.writeUInt32LE(size, 24);
    line.writeUInt16LE(name.length, 28);
    line.writeUInt32LE(at, 42);
    return Buffer.concat([line, name]);
  });
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...lines, end]);
}
