import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { Logs } from '../ports.js';
import { awsErrorName, call, lazy } from './calls.js';

/** CloudWatch Logs behind the port, by the SDK. */
export function openLogs(config: AwsClientConfig): Logs {
  const load = lazy(() => import('@aws-sdk/client-cloudwatch-logs'));
  return {
    async lastLines({ group, stream, region, limit }) {
      const sdk = await load();
      const client = new sdk.CloudWatchLogsClient(
        region === undefined ? config : { ...config, region },
      );
      try {
        const answer = await call(`logs:GetLogEvents of ${group}`, () =>
          client.send(
            new sdk.GetLogEventsCommand({
              logGroupName: group,
              logStreamName: stream,
              startFromHead: false,
              limit,
            }),
          ),
        );
        return (answer.events ?? []).map((event) => (event.message ?? '').trimEnd());
      } catch (thrown) {
        if (awsErrorName(thrown) === 'ResourceNotFoundException') return [];
        throw thrown;
      } finally {
        client.destroy();
      }
    },
  };
}
