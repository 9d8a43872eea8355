import Type from 'typebox';

const Variable = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,199}$', description }));

/** How calls of Bedrock are signed, where `apiKeyVariable` names no key of Bedrock's own. */
export const AwsAccessSettingsSchema = Type.Object(
  {
    region: Type.String({ pattern: '^[a-z]{2}(-[a-z]+)+-\\d{1,2}$', description: 'Region of AWS, e.g. eu-central-1' }),
    accessKeyIdVariable: Variable(
      'Environment variable with the id of the access key; where absent the roles of the machine and the files of AWS count',
    ),
    secretAccessKeyVariable: Variable('Environment variable with the secret of the access key'),
    sessionTokenVariable: Variable('Environment variable with the token of credentials that end'),
  },
  { additionalProperties: false },
);
