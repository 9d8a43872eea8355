import { createHash } from 'node:crypto';
import type { Clock } from '../platform/clock/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { Store } from '../platform/store/index.ts';
import { computedConnector } from './computed-connector.ts';
import type { CostCharge } from './connector.ts';
import { isPeriod, isPlaceName, type Ingest } from './ingest.ts';
import { insertIngest } from './ingest-repository.ts';
import type { Lake } from './lake-files.ts';
import type { ComputedPlace, RowRules } from './ports.ts';
import { RowsFileWriter } from './rows-file.ts';
import { faultColumn, fileColumn, lineColumn, recordColumn, shapeKey, sourceColumn } from './rows-schema.ts';

interface ComputedDeps {
  store: Store;
  clock: Clock;
  lake: Lake;
  rulesOf: (tenant: string) => Promise<RowRules>;
}

/** Writes computed charges to the lake and notes them; resolves when they are safe. */
export async function keepComputed(
  { store, clock, lake, rulesOf }: ComputedDeps,
  place: ComputedPlace,
  charges: AsyncIterable<CostCharge>,
): Promise<Ingest> {
  if (!isPlaceName(place.source) || !isPlaceName(place.region) || !isPeriod(place.period))
    throw new AppError('BAD_REQUEST', `${place.source}, ${place.region}, ${place.period} is no place of charges.`);
  const fileName = `${place.source}-${place.period}`;
  const target = await lake.newFile();
  try {
    const { contentHash, bytes } = await lake.writing(() => writeCharges(target, place.source, fileName, charges));
    const lakePath = await lake.keep(target, place, contentHash);
    const { version } = await rulesOf(place.tenant);
    const ingest = await insertIngest(store, {
      ...{ place, connector: computedConnector.kind, fileName, contentHash, rulesVersion: version },
      files: [{ fileName, format: 'computed', bytes, contentHash, lakePath }],
      receivedBy: 'service',
      at: clock.now(),
    });
    return ingest!;
  } finally {
    await lake.remove(target);
  }
}

async function writeCharges(
  target: string,
  source: string,
  fileName: string,
  charges: AsyncIterable<CostCharge>,
): Promise<{ contentHash: string; bytes: number }> {
  const hash = createHash('sha256').update(computedConnector.kind);
  const writer = await RowsFileWriter.create(target, [
    { name: sourceColumn, kind: 'constant', value: source },
    { name: fileColumn, kind: 'constant', value: fileName },
    { name: lineColumn, kind: 'number' },
    { name: faultColumn, kind: 'text' },
    { name: recordColumn, kind: 'text' },
  ]);
  const [, , lines, faults, records] = writer.pages;
  try {
    for await (const { columns, tags } of charges) {
      const text = JSON.stringify({ columns, tags });
      hash.update(text).update('\n');
      lines!.addNumber(writer.rows + 1);
      faults!.addText('');
      records!.addText(text);
      writer.endRow(text.length);
      if (writer.isFull) await writer.flush();
    }
    return { bytes: await writer.finish({ [shapeKey]: 'records' }), contentHash: hash.digest('hex') };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
