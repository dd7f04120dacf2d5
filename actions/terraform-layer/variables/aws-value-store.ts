import type { AwsClientConfig } from '../../shared/aws-access.js';
import { OperationError } from '../../shared/errors.js';
import type { ReadValue, ValueStore } from './read-values.js';

/**
 * SSM and Secrets Manager with one environment's credentials.
 *
 * @throws OperationError `variables-unreadable` where AWS fails otherwise than by saying no
 */
export function awsValueStore(aws: Pick<AwsClientConfig, 'region' | 'credentials'>): ValueStore {
  const config = { ...aws, retryMode: 'standard', maxAttempts: 6 };
  return {
    async parameters(names) {
      const { SSMClient, GetParametersCommand } = await import('@aws-sdk/client-ssm');
      const client = new SSMClient(config);
      try {
        const answer = await client.send(
          new GetParametersCommand({ Names: [...names], WithDecryption: true }),
        );
        return new Map(
          (answer.Parameters ?? []).flatMap(({ Name, Value, Type }) =>
            Name === undefined || Value === undefined
              ? []
              : [[Name, { kind: 'value', text: Value, secret: Type === 'SecureString' }] as const],
          ),
        );
      } catch (thrown) {
        const denied = refusal(thrown, 'SSM parameters');
        return new Map(names.map((name) => [name, denied]));
      } finally {
        client.destroy();
      }
    },
    async secret(id) {
      const { SecretsManagerClient, GetSecretValueCommand } =
        await import('@aws-sdk/client-secrets-manager');
      const client = new SecretsManagerClient(config);
      try {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }));
        if (SecretString === undefined) {
          return { kind: 'unusable', why: 'the secret is binary, and Terraform takes text' };
        }
        return { kind: 'value', text: SecretString, secret: true };
      } catch (thrown) {
        return refusal(thrown, `the secret ${id}`);
      } finally {
        client.destroy();
      }
    },
  };
}

/** What AWS's error says about what was asked for; any other error is thrown on. */
function refusal(thrown: unknown, what: string): ReadValue {
  const name = thrown instanceof Error ? thrown.name : '';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  switch (name) {
    case 'ResourceNotFoundException':
      return { kind: 'missing' };
    case 'AccessDeniedException':
    case 'AccessDenied':
      return { kind: 'denied', message };
    case 'InvalidRequestException':
    case 'InvalidKeyId':
    case 'DecryptionFailure':
    case 'ValidationException':
      return { kind: 'unusable', why: message };
    default:
      throw new OperationError('variables-unreadable', `cannot read ${what}: ${name}: ${message}`, {
        cause: thrown,
      });
  }
}
