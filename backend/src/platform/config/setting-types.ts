import Type from 'typebox';

/** No key but those that are listed. */
export const strict = { additionalProperties: false } as const;
/** A text that is redacted wherever settings are shown. */
export const SecretString = (description: string) => Type.String({ description, 'x-secret': true });
/** A whole number from 1. */
export const Positive = (value: number, description: string) =>
  Type.Integer({ minimum: 1, default: value, description });
