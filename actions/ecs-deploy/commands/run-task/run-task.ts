import { counted } from '../../../shared/counted.js';
import {
  bullets,
  code,
  codeBlock,
  details,
  heading,
  paragraph,
  renderMarkdown,
  strong,
  table,
  text,
} from '../../../shared/markdown.js';
import type { RunTaskInputs } from '../../inputs.js';
import { shortName } from '../../model.js';
import type { Origin } from '../../observe.js';
import type { DeployPorts } from '../../ports.js';
import type { Report } from '../../report.js';
import { emptyOutputs } from '../../report/outputs.js';
import { explainDiagnosis } from '../../rollout/diagnosis.js';
import { tagsOf } from '../../tags.js';
import { runOneOff, type OneOffResult } from '../../tasks/one-off.js';
import { overridesOf, startedByOf, taskTags } from '../../tasks/placement.js';
import { oneOffBlocks } from '../../tasks/report-around.js';
import { taskTimeline } from '../../tasks/task-timeline.js';
import { observeRunTask, type RunTaskObserved } from './observe.js';

/** Runs one task in the way of a service, and waits for its end. */
export async function runTask(
  ports: DeployPorts,
  inputs: RunTaskInputs,
  origin: Origin,
): Promise<Report> {
  const observed = await observeRunTask(ports, inputs);
  const steps = describeSteps(observed, inputs);
  if (inputs.dryRun) return reportDryRun(observed, steps);
  for (const step of steps) ports.log.info(step);
  const { container, placement, revision, target } = observed;
  const { definition } = revision;
  if (revision.arn === undefined && ports.signal.aborted) {
    return reportRun(observed, '', cancelledBefore(container));
  }
  const taskDefinitionArn =
    revision.arn ??
    (await ports.ecs.registerTaskDefinition(definition, [
      ...revision.tags.filter(({ key }) => !/^(aws|infra-actions):/.test(key)),
      ...tagsOf({
        'infra-actions:template': revision.origin,
        'infra-actions:commit': origin.commit,
        'infra-actions:run': origin.run,
      }),
    ]));
  const { run } = inputs;
  const what = `run-task${run.task === undefined ? '' : `/${run.task}`}`;
  const result = await runOneOff(ports, {
    cluster: target.cluster,
    taskDefinitionArn,
    definition,
    placement,
    overrides: overridesOf(definition, {
      container,
      command: run.command,
      environment: run.environment,
      cpu: run.cpu,
      memoryMib: run.memoryMib,
      // A task of the contract has its own roles in its own definition.
      roles: run.task === undefined ? target.contract?.taskRoles : undefined,
    }),
    startedBy: startedByOf(what, origin),
    tags: taskTags(what, origin),
    pollIntervalSeconds: inputs.pollIntervalSeconds,
    timeoutMinutes: inputs.timeoutMinutes,
    logLines: inputs.logLines,
  });
  return reportRun(observed, taskDefinitionArn, result);
}

function cancelledBefore(container: string): OneOffResult {
  return {
    outcome: 'cancelled',
    taskArn: undefined,
    task: undefined,
    container,
    exitCode: undefined,
    diagnosis: undefined,
    lastLines: [],
    durationSeconds: 0,
  };
}

/** The steps in words; values of variables are left out, as they may be secret. */
function describeSteps(
  { container, placement, revision, target }: RunTaskObserved,
  { run }: RunTaskInputs,
): readonly string[] {
  const { network } = placement;
  const where =
    placement.capacityProviders.map(({ name }) => name).join(', ') ||
    (placement.launchType ?? 'the cluster’s default');
  const names = Object.keys(run.environment);
  const parts = [
    run.command === undefined ? undefined : `command ${JSON.stringify(run.command)}`,
    names.length === 0 ? undefined : `variables ${names.join(', ')}`,
    run.cpu === undefined ? undefined : `${run.cpu} CPU units`,
    run.memoryMib === undefined ? undefined : `${run.memoryMib} MiB`,
    `on ${where}`,
    network === undefined ? undefined : `in ${network.subnets.join(', ')}`,
  ].filter((part) => part !== undefined);
  return [
    ...(revision.arn === undefined
      ? [
          `register-task-definition from ${revision.origin}: no revision has this image and template`,
        ]
      : []),
    `run-task ${revision.arn === undefined ? 'of the new revision' : shortName(revision.arn)}, container ${container}, in cluster ${target.cluster}: ${parts.join('; ')}`,
  ];
}

function reportDryRun(observed: RunTaskObserved, steps: readonly string[]): Report {
  const message = `dry run: ${counted(steps.length, 'step')}, nothing was changed`;
  return {
    outputs: {
      ...emptyOutputs,
      outcome: 'dry-run',
      reason: message,
      'service-name': observed.target.serviceName,
      cluster: observed.target.cluster,
      'task-definition-arn': observed.revision.arn ?? '',
    },
    message: [message, ...steps.map((step) => `- ${step}`)].join('\n'),
    failure: undefined,
    summary: renderMarkdown([
      heading(3, 'run-task: dry run'),
      paragraph(code(message)),
      bullets(steps.map((step) => [code(step)])),
    ]),
  };
}

function reportRun(
  observed: RunTaskObserved,
  taskDefinitionArn: string,
  result: OneOffResult,
): Report {
  const { outcome, diagnosis } = result;
  const message = messageOf(taskDefinitionArn, result);
  const chart = taskTimeline(result.task);
  const good = outcome === 'succeeded';
  return {
    outputs: {
      ...emptyOutputs,
      outcome,
      reason: message,
      'service-name': observed.target.serviceName,
      cluster: observed.target.cluster,
      'task-definition-arn': taskDefinitionArn,
      'task-arn': result.taskArn ?? '',
      'exit-code': result.exitCode === undefined ? '' : String(result.exitCode),
      diagnosis: diagnosis === undefined ? '' : JSON.stringify(diagnosis),
    },
    message,
    failure: good ? undefined : { code: `run-task-${outcome}` },
    summary: renderMarkdown([
      heading(3, good ? '✅ ' : '❌ ', 'run-task: ', text(outcome)),
      paragraph(code(message)),
      ...(diagnosis === undefined
        ? []
        : [
            paragraph(strong(text('Cause:')), ' ', code(diagnosis.cause)),
            ...(diagnosis.hint === undefined ? [] : [paragraph(diagnosis.hint)]),
          ]),
      table(
        ['', ''],
        [
          ['cluster', code(observed.target.cluster)],
          ['task definition', code(taskDefinitionArn === '' ? '-' : shortName(taskDefinitionArn))],
          ['container', code(observed.container)],
        ],
      ),
      ...oneOffBlocks('Task', result),
      ...(chart === undefined ? [] : details('Timeline', [codeBlock('mermaid', chart)], true)),
    ]),
  };
}

function messageOf(taskDefinitionArn: string, result: OneOffResult): string {
  const { container, diagnosis } = result;
  const revision = shortName(taskDefinitionArn);
  switch (result.outcome) {
    case 'succeeded':
      return `container ${container} of ${revision} exited with 0 after ${Math.round(result.durationSeconds)} s`;
    case 'cancelled':
      return result.taskArn === undefined
        ? 'cancelled before the task was started'
        : `cancelled: task ${shortName(result.taskArn)} was told to stop`;
    case 'failed':
    case 'timed-out':
      return `the task of ${revision} ${result.outcome === 'failed' ? 'failed' : 'timed out'}: ${diagnosis === undefined ? '' : explainDiagnosis(diagnosis)}`;
  }
}
