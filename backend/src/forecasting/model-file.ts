import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { NetworkRunner } from './lstm/index.ts';

/** The weights that come with the product. */
const shipped = new URL('../../../models/weights/traffic-lstm.onnx', import.meta.url);

/** The shared network, ready to be asked, and the SHA-256 of its file. @throws Error where it cannot be read or run. */
export async function openShippedNetwork(
  file: URL | string = shipped,
): Promise<{ network: NetworkRunner; hash: string }> {
  const bytes = await readFile(file);
  const hash = createHash('sha256').update(bytes).digest('hex');
  return { network: await NetworkRunner.open(bytes), hash };
}
