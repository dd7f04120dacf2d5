import type { RegisteredDefinition } from '../model.js';
import type { DeployPorts } from '../ports.js';
import { definitionFindings } from './definition-rules.js';
import { sameFinding, type Finding } from './findings.js';
import { lookUp, referenceLooks, wiringLooks, type LookedUp } from './look-up.js';
import { referencesOf } from './references.js';
import { permissionLooks } from './permissions.js';
import type { Subject } from './subject.js';

type Ports = Pick<DeployPorts, 'lookups'>;

/**
 * Everything, with all calls at once: one for each thing named, parameters ten to a call. What the
 * execution role may do is asked for here alone: a simulation is no proof, and stops no deploy.
 */
export async function verifyAll(ports: Ports, subject: Subject): Promise<LookedUp> {
  const references = referencesOf(subject);
  const once: Ports = { lookups: askingOnce(ports.lookups) };
  const { findings, notChecked } = await lookUp([
    ...referenceLooks(once, references),
    ...permissionLooks(once, subject, references),
    ...wiringLooks(once, subject),
  ]);
  return { findings: [...definitionFindings(subject), ...findings], notChecked };
}

/** What two looks need is asked for once: each secret, for itself and for its key. */
function askingOnce(lookups: Ports['lookups']): Ports['lookups'] {
  const secrets = new Map<string, ReturnType<Ports['lookups']['secret']>>();
  return {
    ...lookups,
    secret: (id, region) => {
      const key = `${region ?? ''} ${id}`;
      const asked = secrets.get(key) ?? lookups.secret(id, region);
      secrets.set(key, asked);
      return asked;
    },
  };
}

/** The most calls that the check before a deploy makes, all at once. */
export const mostQuickCalls = 12;

/**
 * What a deploy checks before it changes anything: the rules that need no call, and roles, secrets,
 * parameters and log groups that the service does not use yet, up to `mostQuickCalls` calls; before
 * a first release the network and the target groups too. What was released before proves itself, at 0
 * tasks too: a mistake that it has stops no deploy, and an ordinary deploy, which changes the image, makes no call
 * at all.
 *
 * @param running what the service runs, or is to run once it has tasks again; absent before its first
 * release, while it has the placeholder
 */
export async function verifyQuick(
  ports: Ports,
  subject: Subject,
  running: RegisteredDefinition | undefined,
): Promise<LookedUp> {
  const before: Subject | undefined =
    running === undefined ? undefined : { ...subject, definition: running.definition };
  const old: readonly Finding[] = before === undefined ? [] : definitionFindings(before);
  const findings = definitionFindings(subject).filter(
    (finding) => !old.some((known) => sameFinding(known, finding)),
  );
  const proven = new Set(before === undefined ? [] : referencesOf(before).map(({ key }) => key));
  const references = referencesOf(subject).filter(({ key }) => !proven.has(key));
  const looks = [
    ...(running === undefined ? wiringLooks(ports, subject) : []),
    ...referenceLooks(ports, references),
  ];
  const looked = await lookUp(looks.slice(0, mostQuickCalls));
  return {
    findings: [...findings, ...looked.findings],
    notChecked: [
      ...looked.notChecked,
      ...looks.slice(mostQuickCalls).map(({ what }) => `${what}: left to the command verify`),
    ],
  };
}
