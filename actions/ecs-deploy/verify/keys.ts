import { OperationError } from '../../shared/errors.js';
import { chunks } from '../../shared/chunks.js';
import type { DeployPorts, Key } from '../ports.js';
import type { Finding } from './findings.js';
import { homeOf, parameterArn, partsOfArn, type Home } from './home.js';
import { policyAllowsDecrypt } from './key-policy.js';
import { addPlaces, type Need } from './needs.js';
import type { Reference } from './references.js';
import type { Subject } from './subject.js';

type Ports = Pick<DeployPorts, 'lookups'>;

/** A key as a service names it, and what is encrypted with it. */
interface KeyUse {
  readonly service: 'secretsmanager' | 'ssm';
  readonly region: string;
  /** Its id, its ARN or its alias. */
  readonly keyId: string;
  readonly places: readonly string[];
}

/** Names of one filter of DescribeParameters (API reference, "ParameterStringFilter": 50 values). */
const mostNames = 50;

/**
 * The keys of customers that secrets and parameters are encrypted with: the execution role decrypts
 * with them (Developer Guide, "Amazon ECS task execution IAM role"; AWS's own keys let everybody in
 * the account who may read the secret or parameter). A key that is gone or off is a finding.
 *
 * Parameters of other accounts are left out: Parameter Store tells nobody else the key of them.
 *
 * @throws OperationError where our role may not look at parameters or keys
 */
export async function keyNeeds(
  { lookups }: Ports,
  subject: Subject,
  roleArn: string,
  references: readonly Reference[],
): Promise<{ readonly findings: readonly Finding[]; readonly needs: readonly Need[] }> {
  const [ofSecrets, ofParameters] = await Promise.all([
    usesBySecrets({ lookups }, references),
    usesByParameters({ lookups }, homeOf(subject), references),
  ]);
  const uses = [...ofSecrets, ...ofParameters];
  const keys = await lookUpKeys({ lookups }, uses);
  const findings: Finding[] = [];
  const placesByService = new Map<string, Map<string, readonly string[]>>();
  for (const use of uses) {
    const key = keys.get(nameOf(use));
    if (key === undefined || key.state !== 'Enabled') {
      findings.push(...use.places.map((place) => unusable(place, use.keyId, key)));
    } else if (!key.isManagedByAws) {
      const via = `${use.service}.${use.region}.amazonaws.com`;
      const places = placesByService.get(via) ?? new Map<string, readonly string[]>();
      placesByService.set(via, places);
      addPlaces(places, key.arn, use.places);
    }
  }
  return {
    findings,
    needs: [...placesByService].map(([via, places]) => ({
      actions: ['kms:Decrypt'],
      places,
      // AWS KMS Developer Guide, "kms:ViaService".
      context: { 'kms:ViaService': via },
      isAllowedElsewhere: async (arn) => policyAllowsDecrypt(await lookups.keyPolicy(arn), roleArn),
    })),
  };
}

function unusable(place: string, keyId: string, key: Key | undefined): Finding {
  return key === undefined
    ? {
        code: 'key-missing',
        place,
        message: `it is encrypted with the KMS key ${keyId}, which is not there`,
        hint: 'encrypt it anew with a key that is there',
      }
    : {
        code: 'key-disabled',
        place,
        message: `it is encrypted with the KMS key ${key.arn}, which is in state ${key.state}`,
        hint: 'enable the key, or cancel its deletion',
      };
}

async function usesBySecrets(
  { lookups }: Ports,
  references: readonly Reference[],
): Promise<readonly KeyUse[]> {
  const found = await Promise.all(
    references.map(async (reference): Promise<readonly KeyUse[]> => {
      if (reference.kind !== 'secret') return [];
      const { id, region } = reference.secret;
      const keyId = await keyOfSecret({ lookups }, id, region);
      return keyId === undefined
        ? []
        : [{ service: 'secretsmanager', region, keyId, places: reference.places }];
    }),
  );
  return found.flat();
}

async function keyOfSecret(
  { lookups }: Ports,
  id: string,
  region: string,
): Promise<string | undefined> {
  try {
    return (await lookups.secret(id, region))?.keyId;
  } catch (thrown) {
    // The look at the secret itself tells it.
    if (thrown instanceof OperationError) return undefined;
    throw thrown;
  }
}

async function usesByParameters(
  { lookups }: Ports,
  home: Home,
  references: readonly Reference[],
): Promise<readonly KeyUse[]> {
  const places = new Map<string, readonly string[]>();
  for (const reference of references) {
    if (reference.kind !== 'parameter') continue;
    const arn = parameterArn(home, reference.name);
    if (partsOfArn(arn).account === home.account) addPlaces(places, arn, reference.places);
  }
  const byRegion = new Map<string, readonly string[]>();
  for (const arn of places.keys()) {
    const { region } = partsOfArn(arn);
    byRegion.set(region, [...(byRegion.get(region) ?? []), ...namesOf(arn)]);
  }
  const found = await Promise.all(
    [...byRegion].flatMap(([region, all]) =>
      chunks(all, mostNames).map((names) =>
        lookups.parameterKeys(names, region).then((keys) =>
          [...keys].map(([name, keyId]): KeyUse => {
            const arn = parameterArn({ ...home, region }, name);
            return { service: 'ssm', region, keyId, places: places.get(arn) ?? [] };
          }),
        ),
      ),
    ),
  );
  return found.flat();
}

/** `parameter/dev/token` is `/dev/token`; `parameter/token` is `token` or `/token`. */
function namesOf(arn: string): readonly string[] {
  const name = partsOfArn(arn).rest.replace(/^parameter\//, '');
  return name.includes('/') ? [`/${name}`] : [name, `/${name}`];
}

function nameOf({ region, keyId }: KeyUse): string {
  return `${region} ${keyId}`;
}

async function lookUpKeys(
  { lookups }: Ports,
  uses: readonly KeyUse[],
): Promise<ReadonlyMap<string, Key | undefined>> {
  const byName = new Map(uses.map((use) => [nameOf(use), use]));
  return new Map(
    await Promise.all(
      [...byName].map(
        async ([name, { keyId, region }]) => [name, await lookups.key(keyId, region)] as const,
      ),
    ),
  );
}
