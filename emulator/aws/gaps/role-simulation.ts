import { AwsError } from '../../aws-error.js';
import { escapeXml } from '../answer.js';
import { formInput, type Handler } from '../call.js';
import { evaluate, statementsOf, type ConditionContext, type Statement } from '../policy.js';
import type { Iam } from '../sts/iam.js';

const NAMESPACE = 'https://iam.amazonaws.com/doc/2010-05-08/';

/**
 * The gap: moto has no SimulatePrincipalPolicy.
 *
 * Judges each action on each resource by a role's inline and attached policies, which stay in the
 * backend; there are no organisations and no permissions boundaries here. What a condition asks for
 * and the request does not give is missing, and listed as such (IAM API reference,
 * "SimulatePrincipalPolicy", "EvaluationResult", "ResourceSpecificResult").
 */
export function createRoleSimulation(iam: Pick<Iam, 'rolePolicies'>): Handler {
  return {
    handles: ({ service, operation }) =>
      service === 'iam' && operation === 'SimulatePrincipalPolicy',

    async answer(call) {
      const form = formInput(call);
      const arn = form.get('PolicySourceArn') ?? '';
      const role = /^arn:[^:]+:iam::\d+:role\/(?:.*\/)?([^/]+)$/.exec(arn)?.[1];
      if (role === undefined) {
        throw new AwsError('InvalidInput', `Invalid Entity Arn: ${arn} is no role`, 400);
      }
      const statements = await statementsOfRole(iam, call.caller.account, role);
      const context = contextOf(form);
      const resources = members(form, 'ResourceArns');
      const results = members(form, 'ActionNames').map((action) =>
        resultOf({ statements, context }, action, resources),
      );
      return {
        kind: 'query',
        namespace: NAMESPACE,
        result: `<IsTruncated>false</IsTruncated>${list('EvaluationResults', results)}`,
      };
    },

    reset: () => undefined,
  };
}

/** A role's statements, and the values of condition keys that the request gives. */
interface Simulated {
  readonly statements: readonly Statement[];
  readonly context: ConditionContext;
}

/** One result an action; with resources given, one below it for each of them. */
function resultOf(
  { statements, context }: Simulated,
  action: string,
  resources: readonly string[],
): string {
  const judged = (resources.length === 0 ? ['*'] : resources).map((resource) => ({
    resource,
    decision: decide({ statements, context }, action, resource),
  }));
  const first = judged[0];
  const missing = list('MissingContextValues', missingKeys({ statements, context }));
  const specific = judged.map(
    ({ resource, decision }) =>
      `<EvalResourceName>${escapeXml(resource)}</EvalResourceName><EvalResourceDecision>${decision}</EvalResourceDecision>${missing}`,
  );
  return (
    `<EvalActionName>${escapeXml(action)}</EvalActionName>` +
    `<EvalResourceName>${escapeXml(first?.resource ?? '*')}</EvalResourceName>` +
    `<EvalDecision>${first?.decision ?? 'implicitDeny'}</EvalDecision>` +
    (resources.length === 0 || resources.includes('*')
      ? missing
      : list('ResourceSpecificResults', specific))
  );
}

/** Values of condition keys, which are no matter of case. */
function contextOf(form: URLSearchParams): ConditionContext {
  const names = [...form].flatMap(([key, value]) => {
    const entry = /^(ContextEntries\.member\.\d+)\.ContextKeyName$/.exec(key)?.[1];
    return entry === undefined ? [] : [{ entry, name: value.toLowerCase() }];
  });
  return new Map(
    names.map(({ entry, name }) => [name, members(form, `${entry}.ContextKeyValues`)]),
  );
}

function decide({ statements, context }: Simulated, action: string, resource: string): string {
  const decision = evaluate(statements, {
    ...{ action, resource, context },
    principal: { kind: 'AWS', names: [] },
  });
  if (decision === 'Allow') return 'allowed';
  return decision === 'Deny' ? 'explicitDeny' : 'implicitDeny';
}

function missingKeys({ statements, context }: Simulated): readonly string[] {
  const keys = statements.flatMap(({ Condition }) =>
    Object.values(Condition ?? {}).flatMap((block) => Object.keys(block)),
  );
  return [...new Set(keys)].filter((key) => !context.has(key.toLowerCase())).map(escapeXml);
}

/** A policy of an identity names no principal: it is the role that it belongs to. */
async function statementsOfRole(
  iam: Pick<Iam, 'rolePolicies'>,
  accountId: string,
  role: string,
): Promise<readonly Statement[]> {
  const documents = await iam.rolePolicies(accountId, role);
  if (documents === undefined) {
    throw new AwsError('NoSuchEntity', `The role with name ${role} cannot be found.`, 404);
  }
  return documents
    .flatMap((document) => statementsOf(document))
    .map((statement) => ({ ...statement, Principal: '*' }));
}

function members(form: URLSearchParams, name: string): readonly string[] {
  return [...form].flatMap(([key, value]) => (key.startsWith(`${name}.member.`) ? value : []));
}

function list(name: string, items: readonly string[]): string {
  return `<${name}>${items.map((item) => `<member>${item}</member>`).join('')}</${name}>`;
}
