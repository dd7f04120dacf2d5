import type * as logsSdk from '@aws-sdk/client-cloudwatch-logs';
import type { AwsClientConfig } from '../../shared/aws-access.js';
import type { Logs } from '../ports.js';
import { awsErrorName, call, lazy } from './calls.js';

/** CloudWatch Logs behind the port, by the SDK. */
export function openLogs(config: AwsClientConfig): Logs {
  const load = lazy(() => import('@aws-sdk/client-cloudwatch-logs'));
  const inRegion = (region: string | undefined): AwsClientConfig =>
    region === undefined ? config : { ...config, region };
  // A stream is followed by many calls over one connection.
  const followers = new Map<string | undefined, logsSdk.CloudWatchLogsClient>();
  return {
    async lastLines({ group, stream, region, limit }) {
      const sdk = await load();
      const client = new sdk.CloudWatchLogsClient(inRegion(region));
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

    async linesFrom({ group, stream, region }, token) {
      const sdk = await load();
      const client = followers.get(region) ?? new sdk.CloudWatchLogsClient(inRegion(region));
      followers.set(region, client);
      try {
        const answer = await call(`logs:GetLogEvents of ${group}`, () =>
          client.send(
            new sdk.GetLogEventsCommand({
              logGroupName: group,
              logStreamName: stream,
              startFromHead: true,
              ...(token === undefined ? {} : { nextToken: token }),
            }),
          ),
        );
        return {
          lines: (answer.events ?? []).map((event) => (event.message ?? '').trimEnd()),
          token: answer.nextForwardToken,
        };
      } catch (thrown) {
        if (awsErrorName(thrown) === 'ResourceNotFoundException') return { lines: [], token };
        throw thrown;
      }
    },
  };
}
