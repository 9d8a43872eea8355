import type { Asked } from '../asked.ts';
import type { Said } from '../behaviour.ts';

/** How one API writes an answer, whole and as the events of a stream. */
export interface Speech {
  contentType: string;
  whole(asked: Asked, said: Said): object;
  events(asked: Asked, said: Said): (string | Buffer)[];
}
