import type { GatewayProvider } from '../../gateway-settings.ts';
import type { AwsCredentials } from './aws-signature.ts';

type AwsAccess = NonNullable<GatewayProvider['aws']>;

/** Gives the credentials that count now; those of a role are fetched anew before they end. */
export type CredentialSource = () => Promise<AwsCredentials>;

/**
 * Where the settings name variables, those; else AWS's own order: its environment, files, web identity, container and machine.
 * @returns undefined where a variable that is named is not set
 */
export function credentialSource(access: AwsAccess, environment: NodeJS.ProcessEnv): CredentialSource | undefined {
  const { accessKeyIdVariable, secretAccessKeyVariable, sessionTokenVariable } = access;
  if (accessKeyIdVariable === undefined || secretAccessKeyVariable === undefined) return byRole(access.region);
  const accessKeyId = environment[accessKeyIdVariable];
  const secretAccessKey = environment[secretAccessKeyVariable];
  if (!accessKeyId || !secretAccessKey) return undefined;
  const sessionToken = sessionTokenVariable === undefined ? undefined : environment[sessionTokenVariable];
  const credentials = { accessKeyId, secretAccessKey, sessionToken: sessionToken === '' ? undefined : sessionToken };
  return () => Promise.resolve(credentials);
}

/** A client of the SDK that reads bills from S3 finds credentials in AWS's order and renews them: it is asked for them alone. */
function byRole(region: string): CredentialSource {
  let found: Promise<CredentialSource> | undefined;
  const load = async (): Promise<CredentialSource> => {
    const { S3Client } = await import('@aws-sdk/client-s3');
    const { credentials } = new S3Client({ region }).config;
    return async () => credentials();
  };
  return async () => {
    found ??= load();
    return (await found)();
  };
}
