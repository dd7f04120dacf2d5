import type { AwsClientConfig } from '../../shared/aws-access.js';
import { callsOf } from './calls.js';
import { allPages } from '../../shared/pages.js';

/** What EventBridge rules of every bus have as ECS targets: a target's ARN is its cluster's. */
export function openRuleUse(
  config: AwsClientConfig,
): (clusterArns: readonly string[]) => Promise<readonly string[]> {
  const run = callsOf('events', async () => {
    const sdk = await import('@aws-sdk/client-eventbridge');
    return { sdk, client: new sdk.EventBridgeClient(config) };
  });
  const tokenOf = (page: { readonly nextToken?: string }): { readonly NextToken?: string } =>
    page.nextToken === undefined ? {} : { NextToken: page.nextToken };

  return async (clusterArns) => {
    const buses = await allPages(async (page) => {
      const answer = await run('ListEventBuses', (client, sdk) =>
        client.send(new sdk.ListEventBusesCommand(tokenOf(page))),
      );
      return [(answer.EventBuses ?? []).flatMap(({ Name }) => Name ?? []), answer.NextToken];
    });
    const rulesOf = (EventBusName: string, TargetArn: string) =>
      allPages(async (page) => {
        const answer = await run('ListRuleNamesByTarget', (client, sdk) =>
          client.send(
            new sdk.ListRuleNamesByTargetCommand({ EventBusName, TargetArn, ...tokenOf(page) }),
          ),
        );
        return [answer.RuleNames ?? [], answer.NextToken];
      });
    const targetsOf = (EventBusName: string, Rule: string) =>
      allPages(async (page) => {
        const answer = await run(`ListTargetsByRule of ${Rule}`, (client, sdk) =>
          client.send(new sdk.ListTargetsByRuleCommand({ EventBusName, Rule, ...tokenOf(page) })),
        );
        const targets = answer.Targets ?? [];
        return [
          targets.flatMap((one) => one.EcsParameters?.TaskDefinitionArn ?? []),
          answer.NextToken,
        ];
      });
    const found = await Promise.all(
      buses.map(async (bus) => {
        const names = await Promise.all(clusterArns.map((arn) => rulesOf(bus, arn)));
        return Promise.all([...new Set(names.flat())].map((rule) => targetsOf(bus, rule)));
      }),
    );
    return found.flat(2);
  };
}
