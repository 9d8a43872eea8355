import { AppError } from '../platform/errors/index.ts';
import type { FrameJson } from './frame.ts';

/** Texts that tell of a row and do not name it: as labels of an alert they would make it another alert when they change. */
const telling = new Set(['state', 'passesOn', 'currency', 'cause']);

/**
 * A table with one field of numbers, beside what names its rows: alert rules take the texts for labels and demand that there is
 * one number for each. Frames along time are left as they are.
 * @throws AppError BAD_REQUEST with the numbers that there are
 */
export function onlyNumber(frame: FrameJson, wanted: string): FrameJson {
  const { fields } = frame.schema;
  if (fields.some(({ type }) => type === 'time')) return frame;
  const numbers = fields.filter(({ type }) => type === 'number').map(({ name }) => name);
  if (!numbers.includes(wanted))
    throw new AppError('BAD_REQUEST', `The answer has no number ${JSON.stringify(wanted)}.`, {
      help: `It has ${numbers.join(', ')}.`,
    });
  const places = fields.flatMap(({ name, type }, place) =>
    type === 'number' ? (name === wanted ? [place] : []) : telling.has(name) ? [] : [place],
  );
  return {
    schema: { ...frame.schema, fields: places.map((place) => fields[place]!) },
    data: { values: places.map((place) => frame.data.values[place]!) },
  };
}
