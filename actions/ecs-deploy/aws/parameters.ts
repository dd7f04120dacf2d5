import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { Parameters } from '../ports.js';
import { callsOf, orUndefined } from './calls.js';
import { allPages } from '../../shared/pages.js';

/** SSM's Parameter Store behind the port, by the SDK. */
export function openParameters(config: AwsClientConfig): Parameters {
  const run = callsOf('ssm', async () => {
    const sdk = await import('@aws-sdk/client-ssm');
    return { sdk, client: new sdk.SSMClient(config) };
  });
  return {
    async get(name) {
      const answer = await orUndefined(['ParameterNotFound'], () =>
        run(`GetParameter of ${name}`, (client, sdk) =>
          client.send(new sdk.GetParameterCommand({ Name: name, WithDecryption: true })),
        ),
      );
      return answer?.Parameter?.Value;
    },
    async children(path) {
      const found = await allPages(async ({ nextToken }) => {
        const answer = await run(`GetParametersByPath of ${path}`, (client, sdk) =>
          client.send(
            new sdk.GetParametersByPathCommand({
              Path: path,
              ...(nextToken === undefined ? {} : { NextToken: nextToken }),
            }),
          ),
        );
        return [answer.Parameters, answer.NextToken];
      });
      return new Map(
        found.flatMap(({ Name, Value }) =>
          Name === undefined || Value === undefined ? [] : [[Name, Value] as const],
        ),
      );
    },
    async remove(name) {
      await orUndefined(['ParameterNotFound'], () =>
        run(`DeleteParameter of ${name}`, (client, sdk) =>
          client.send(new sdk.DeleteParameterCommand({ Name: name })),
        ),
      );
    },
    async put(name, value) {
      await run(`PutParameter of ${name}`, (client, sdk) =>
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
