import { code, heading, renderMarkdown, table } from '../shared/markdown.js';
import type { Report } from './report.js';
import { emptyOutputs } from './report/outputs.js';

/** What became of one of several services. */
export type ServiceReport =
  | { readonly name: string; readonly report: Report }
  /** AWS refused something half-way. */
  | { readonly name: string; readonly error: Error };

/** The worst first: the outcome of several services is that of the worst. */
const worstFirst = [
  'failed',
  'timed-out',
  'rolled-back',
  'stopped',
  'superseded',
  'cancelled',
  'paused',
  'started',
  'dry-run',
  'succeeded',
  'no-op',
];

/**
 * Reports several services as one: a table of all, then each as it reports itself. Outputs of one
 * value are those of the service that fared worst; `services` has all. Pure.
 */
export function reportServices(services: readonly ServiceReport[]): Report {
  const ends = services.map((service) => {
    if ('report' in service) {
      const { report, name } = service;
      return { name, report, outcome: report.outputs['outcome'] ?? '', reason: report.message };
    }
    const { name, error } = service;
    return { name, report: undefined, outcome: 'failed', reason: error.message };
  });
  const [worst] = [...ends].sort((left, right) => rank(left.outcome) - rank(right.outcome));
  const failed = ends.filter(({ report }) => report === undefined || report.failure !== undefined);
  const message =
    failed.length === 0
      ? ends.map(({ reason }) => reason).join('\n')
      : `${failed.length} of ${ends.length} services did not come through:\n${failed
          .map(({ reason }) => `- ${reason}`)
          .join('\n')}`;
  return {
    message,
    failure: failed.length === 0 ? undefined : { code: `deploy-${worst?.outcome ?? 'failed'}` },
    outputs: {
      ...emptyOutputs,
      ...worst?.report?.outputs,
      outcome: worst?.outcome ?? 'no-op',
      reason: message,
      'service-name': ends.map(({ name }) => name).join(','),
      services: JSON.stringify(
        ends.map(({ name, report, outcome, reason }) => ({
          service: name,
          outcome,
          reason,
          taskDefinition: report?.outputs['task-definition-arn'] ?? '',
          imageDigest: report?.outputs['image-digest'] ?? '',
        })),
      ),
    },
    summary: [
      renderMarkdown([
        heading(3, `${ends.length - failed.length} of ${ends.length} services came through`),
        table(
          ['service', 'outcome', ''],
          ends.map(({ name, outcome, reason }) => [code(name), code(outcome), code(reason)]),
        ),
      ]),
      ...ends.map(({ report }) => report?.summary ?? ''),
    ].join('\n'),
  };
}

function rank(outcome: string): number {
  const index = worstFirst.indexOf(outcome);
  return index === -1 ? 0 : index;
}
