import { counted } from '../../shared/counted.js';
import { code, heading, paragraph, renderMarkdown, table } from '../../shared/markdown.js';
import type { Problem } from '../../shared/errors.js';
import type { Logger } from '../../shared/log.js';
import { containerName, containersOf, imageOf, withImages } from '../definition/task-definition.js';
import { checkArchitectures } from '../images/architecture.js';
import { checkImage, isProblem, type ResolvedImage } from '../images/image-check.js';
import { parseImageReference } from '../images/image-reference.js';
import type { VerifyInputs } from '../inputs.js';
import { shortName, type JsonObject } from '../model.js';
import { imageTexts } from '../images/resolve-images.js';
import { observeSubject, type ObservedSubject } from '../observe.js';
import type { DeployPorts } from '../ports.js';
import type { Report } from '../report.js';
import { withoutRepeated, type Finding } from '../verify/findings.js';
import { verifyAll } from '../verify/verify.js';

/** What is wrong with what a service is to run. */
export interface Verified {
  readonly subject: ObservedSubject;
  readonly findings: readonly Finding[];
  readonly notChecked: readonly string[];
}

/**
 * Checks everything that a rollout of the service would need, and changes nothing. What the role
 * may not look at is told as not checked.
 *
 * @throws UserError where there is no service or definition to look at
 */
export async function runVerify(ports: DeployPorts, inputs: VerifyInputs): Promise<Verified> {
  const unchecked: string[] = [];
  const quiet: DeployPorts = { ...ports, log: collecting(ports.log, unchecked) };
  const subject = await observeSubject(quiet, inputs);
  const { base, service } = subject;
  const withGiven = withImages(base.definition, imageTexts(subject.images));
  const others = await checkOtherImages(quiet, subject, withGiven);
  const definition = withImages(withGiven, imageTexts(others.images));
  const [architecture, verified] = await Promise.all([
    checkArchitectures(ports, definition, { ...subject.images, ...others.images }),
    verifyAll(ports, { definition, wiring: service.wiring, serviceArn: service.arn }),
  ]);
  const result: Verified = {
    subject,
    findings: [
      ...[...subject.problems, ...others.problems, ...architecture.problems].map(toFinding),
      ...withoutRepeated(verified.findings, subject.problems),
    ],
    notChecked: [...unchecked, ...architecture.notChecked, ...verified.notChecked],
  };
  for (const finding of result.findings) ports.log.error(describe(finding));
  for (const what of result.notChecked) ports.log.notice(`not checked: ${what}`);
  return result;
}

/**
 * Images that no input names: those of the definition. A template's main container holds a
 * placeholder: there it is the image that runs now.
 */
async function checkOtherImages(
  ports: Pick<DeployPorts, 'images' | 'log' | 'registries'>,
  { target, running, container, images, problems }: ObservedSubject,
  definition: JsonObject,
): Promise<{
  readonly images: Readonly<Record<string, ResolvedImage>>;
  readonly problems: readonly Problem[];
}> {
  const found: Record<string, ResolvedImage> = {};
  const wrong: Problem[] = [];
  const given = problems.some(
    ({ at }) => at !== undefined && 'input' in at && at.input === 'image',
  );
  await Promise.all(
    containersOf(definition).map(async (one) => {
      const name = containerName(one);
      const isMain = name === container;
      if (name in images || (isMain && given)) return;
      const current = isMain && target.contract !== undefined;
      const text =
        (current ? imageOf(running.definition, name) : undefined) ?? imageOf(definition, name);
      const reference = parseImageReference(text ?? '');
      if (reference === undefined) {
        wrong.push({
          code: 'image-malformed',
          message: `container "${name}" has no image that can be read`,
        });
        return;
      }
      const checked = await checkImage(ports, reference, 'images');
      if (isProblem(checked)) wrong.push(checked);
      else found[name] = checked;
    }),
  );
  return { images: found, problems: wrong };
}

/** Collects what a check could not see, to be told once and in one form. */
function collecting(log: Logger, lines: string[]): Logger {
  const collect = (message: string): void => void lines.push(message);
  return {
    info: collect,
    notice: collect,
    warning: collect,
    debug: (message) => log.debug(message),
    error: (message, at) => log.error(message, at),
    group: (title, body) => log.group(title, body),
  };
}

function toFinding({ code: problemCode, message, at, hint }: Problem): Finding {
  const place = at === undefined ? 'images' : 'input' in at ? `input ${at.input}` : at.file;
  return { code: problemCode, place, message, ...(hint === undefined ? {} : { hint }) };
}

function describe({ place, message, hint }: Finding): string {
  return `${place}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
}

/** `outcome` is `succeeded` or `failed`; `problems` holds every finding as JSON. */
export function reportVerify({ subject, findings, notChecked }: Verified): Report {
  const { service, target, base, running, images, container } = subject;
  const message =
    findings.length === 0
      ? `${service.name}: nothing wrong with ${base.origin}`
      : `${service.name}: ${counted(findings.length, 'problem')} with ${base.origin}`;
  const failed = findings.length > 0;
  return {
    message,
    failure: failed ? { code: 'verify-failed' } : undefined,
    outputs: {
      outcome: failed ? 'failed' : 'succeeded',
      reason: message,
      'service-name': target.serviceName,
      cluster: target.cluster,
      'task-definition-arn': running.arn,
      'previous-task-definition-arn': '',
      'deployment-id': '',
      'service-deployment-arn': '',
      'image-digest': images[container]?.digest ?? '',
      'exit-code': '',
      diagnosis: '',
      problems: JSON.stringify(findings),
    },
    summary: renderMarkdown([
      heading(3, failed ? '❌ ' : '✅ ', code(service.name), ': verify'),
      paragraph(code(message), '; it runs ', code(shortName(running.arn)), ' now'),
      ...(failed
        ? [
            table(
              ['problem', 'where', 'what is wrong', 'what to do'],
              findings.map((one) => [
                code(one.code),
                code(one.place),
                code(one.message),
                one.hint === undefined ? '' : code(one.hint),
              ]),
            ),
          ]
        : []),
      ...(notChecked.length === 0
        ? []
        : [
            table(
              ['not checked'],
              notChecked.map((what) => [code(what)]),
            ),
          ]),
    ]),
  };
}
