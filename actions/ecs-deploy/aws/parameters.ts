import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { Parameters } from '../ports.js';
import { awsErrorName, call, lazy } from './calls.js';

/** SSM's Parameter Store behind the port, by the SDK. */
export function openParameters(config: AwsClientConfig): Parameters {
  const open = lazy(async () => {
    const sdk = await import('@aws-sdk/client-ssm');
    return { sdk, client: new sdk.SSMClient(config) };
  });
  return {
    async get(name) {
      const { sdk, client } = await open();
      try {
        const answer = await call(`ssm:GetParameter of ${name}`, () =>
          client.send(new sdk.GetParameterCommand({ Name: name, WithDecryption: true })),
        );
        return answer.Parameter?.Value;
      } catch (thrown) {
        if (awsErrorName(thrown) === 'ParameterNotFound') return undefined;
        throw thrown;
      }
    },
    async children(path) {
      const { sdk, client } = await open();
      const found = new Map<string, string>();
      let token: string | undefined;
      do {
        const answer = await call(`ssm:GetParametersByPath of ${path}`, () =>
          client.send(
            new sdk.GetParametersByPathCommand({
              Path: path,
              ...(token === undefined ? {} : { NextToken: token }),
            }),
          ),
        );
        for (const { Name, Value } of answer.Parameters ?? []) {
          if (Name !== undefined && Value !== undefined) found.set(Name, Value);
        }
        token = answer.NextToken;
      } while (token !== undefined);
      return found;
    },
    async put(name, value) {
      const { sdk, client } = await open();
      await call(`ssm:PutParameter of ${name}`, () =>
        client.send(
          new sdk.PutParameterCommand({
            Name: name,
            Value: value,
            Type: 'String',
            Overwrite: true,
          }),
        ),
      );
    },
  };
}
