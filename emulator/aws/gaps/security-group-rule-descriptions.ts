import { escapeXml } from '../answer.js';
import type { BackendResponse } from '../backends/process.js';
import { formInput, type Handler } from '../call.js';

/**
 * The gap: moto keeps the description of a security group rule that names an address range, and drops
 * that of one which names another group.
 *
 * Kept here by rule (Amazon EC2 API reference, "UserIdGroupPair", "SecurityGroupRule").
 */
export function createRuleDescriptions(): Handler {
  const descriptions = new Map<string, string>();

  return {
    handles: ({ service, operation }) =>
      service === 'ec2' &&
      [
        'AuthorizeSecurityGroupIngress',
        'AuthorizeSecurityGroupEgress',
        'DescribeSecurityGroupRules',
      ].includes(operation),

    async answer(call) {
      const response = await call.forward();
      if (response.status >= 300) return { kind: 'response', response };
      if (call.identity.operation === 'DescribeSecurityGroupRules') {
        return { kind: 'response', response: withDescriptions(response, descriptions) };
      }
      const form = formInput(call);
      const description = form.get('IpPermissions.1.Groups.1.Description');
      if (description !== null) {
        for (const id of ruleIds(response.body.toString('utf8'))) descriptions.set(id, description);
      }
      return { kind: 'response', response };
    },

    reset: () => {
      descriptions.clear();
    },
  };
}

function ruleIds(xml: string): readonly string[] {
  return [...xml.matchAll(/<securityGroupRuleId>([^<]+)</g)].map(([, id = '']) => id);
}

function withDescriptions(
  response: BackendResponse,
  descriptions: ReadonlyMap<string, string>,
): BackendResponse {
  const xml = response.body
    .toString('utf8')
    .replaceAll(/<securityGroupRuleId>([^<]+)<\/securityGroupRuleId>/g, (element, id: string) => {
      const description = descriptions.get(id);
      return description === undefined
        ? element
        : `${element}<description>${escapeXml(description)}</description>`;
    });
  return { ...response, body: Buffer.from(xml) };
}
