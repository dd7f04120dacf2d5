import { chunks } from '../../shared/chunks.js';
import { textOf } from '../definition/task-definition.js';
import { shortName } from '../model.js';
import type { DeployPorts, Denial } from '../ports.js';
import type { Finding } from './findings.js';
import { partsOfArn } from './home.js';
import { keyNeeds } from './keys.js';
import type { Look } from './look-up.js';
import { needsOf, type Need } from './needs.js';
import type { Reference } from './references.js';
import type { Subject } from './subject.js';

type Ports = Pick<DeployPorts, 'lookups'>;

/**
 * Resources of one simulation. IAM's reference states no number, but answers at most 100 results a
 * page by default, and two actions make two of each resource (API reference,
 * "SimulatePrincipalPolicy", `MaxItems`); larger requests have been refused (nccgroup/PMapper,
 * pull request 6, which takes 20).
 */
const mostResources = 20;

/** Checks what the execution role may do by its own policies: one simulation for each kind of thing. */
export function permissionLooks(
  { lookups }: Ports,
  subject: Subject,
  references: readonly Reference[],
): readonly Look[] {
  const roleArn = textOf(subject.definition['executionRoleArn']) ?? '';
  // Names, and ARNs of a test's making, cannot be simulated.
  if (!/^arn:[^:]+:iam::\d+:role\/./.test(roleArn)) return [];
  const check = async (needs: readonly Need[]): Promise<readonly Finding[]> => {
    const found = await Promise.all(needs.map((need) => checkNeed({ lookups }, roleArn, need)));
    return found.flat();
  };
  const needs = needsOf({ lookups }, subject, references).filter(({ places }) => places.size > 0);
  const hasValues = references.some(({ kind }) => kind === 'secret' || kind === 'parameter');
  return [
    ...(needs.length === 0
      ? []
      : [{ what: 'what the execution role may do', run: () => check(needs) }]),
    ...(hasValues
      ? [
          {
            what: 'what the execution role may decrypt',
            run: async () => {
              const keys = await keyNeeds({ lookups }, subject, roleArn, references);
              return [...keys.findings, ...(await check(keys.needs))];
            },
          },
        ]
      : []),
  ];
}

async function checkNeed(
  { lookups }: Ports,
  roleArn: string,
  { actions, places, context = {}, isAllowedElsewhere = () => Promise.resolve(false) }: Need,
): Promise<readonly Finding[]> {
  const denials: Denial[] = [];
  // One after the other: IAM's simulations are throttled soon.
  for (const resources of chunks([...places.keys()], mostResources)) {
    denials.push(...(await lookups.denials({ roleArn, actions, resources, context })));
  }
  // What a condition says of a value that only the real call has is not known here.
  const known = denials.filter(({ isConditional }) => !isConditional);
  const unallowed = known.filter(({ isExplicit }) => !isExplicit).map(({ resource }) => resource);
  const left = await thoseThat(
    new Set(unallowed),
    // Of another account's thing the simulation does not have the policy that must allow it.
    async (arn) => isOfAnotherAccount(arn, roleArn) || isAllowedElsewhere(arn),
  );
  return known
    .filter(({ isExplicit, resource }) => isExplicit || !left.has(resource))
    .flatMap((denial) =>
      (places.get(denial.resource) ?? ['executionRoleArn']).map((place) =>
        toFinding(roleArn, denial, place),
      ),
    );
}

/** `*` is of none. */
function isOfAnotherAccount(arn: string, roleArn: string): boolean {
  const { account } = partsOfArn(arn);
  return account !== '' && account !== partsOfArn(roleArn).account;
}

async function thoseThat(
  arns: ReadonlySet<string>,
  holds: (arn: string) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const found = await Promise.all([...arns].map(async (arn) => ((await holds(arn)) ? [arn] : [])));
  return new Set(found.flat());
}

function toFinding(
  roleArn: string,
  { action, resource, isExplicit }: Denial,
  place: string,
): Finding {
  return {
    code: 'execution-role-denied',
    place,
    message: `execution role "${shortName(roleArn)}" may not call ${action} on ${resource}`,
    hint: isExplicit
      ? 'a statement of its policies, of its permissions boundary or of the organisation denies it'
      : `give the role ${action} on it`,
  };
}
