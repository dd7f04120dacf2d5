import type { FailedTask } from './failed-tasks.js';
import { describeFailedHook, isFailedHook, type SeenHook } from './hooks.js';
import type { JsonObject, ServiceDeployment, ServiceEvent } from '../model.js';
import { findContainer } from '../definition/task-definition.js';

type CauseCode =
  | 'alarm'
  | 'container-exited'
  | 'exec-format'
  | 'health-check'
  | 'image-pull'
  | 'lifecycle-hook'
  | 'load-balancer-health-check'
  | 'out-of-memory'
  | 'placement'
  | 'resource-initialization'
  | 'smoke-check'
  | 'spot-interruption'
  | 'task-failed'
  | 'task-lost'
  | 'task-refused'
  | 'task-stopped'
  | 'task-timed-out'
  | 'unknown';

/** Why a rollout fails: the most frequent cause first. */
export interface Diagnosis {
  readonly code: CauseCode;
  /** One sentence. */
  readonly cause: string;
  /** What to look at, where that is known. */
  readonly hint: string | undefined;
  readonly container: string | undefined;
  readonly exitCode: number | undefined;
  readonly failedTasks: number;
  /** The last line that the container logged. */
  readonly lastLogLine: string | undefined;
}

interface Cause {
  readonly code: CauseCode;
  readonly cause: string;
  readonly hint?: string;
}

export interface DiagnosisFacts {
  readonly definition: JsonObject;
  readonly failedTasks: readonly FailedTask[];
  /** Since our update, newest first. */
  readonly events: readonly ServiceEvent[];
  readonly serviceDeployment: ServiceDeployment | undefined;
  readonly statusReason: string | undefined;
  readonly hooks?: readonly SeenHook[];
  /** What the load balancer says of unhealthy targets. */
  readonly targetHealth?: readonly string[];
}

/**
 * Finds the top cause. Source of the messages: ECS Developer Guide, "Amazon ECS stopped tasks
 * error messages" and "Amazon ECS service event messages".
 */
export function diagnose(facts: DiagnosisFacts): Diagnosis {
  const groups = new Map<string, { cause: Cause; tasks: FailedTask[] }>();
  for (const task of facts.failedTasks) {
    const cause = causeOfTask(task, facts);
    const key = `${cause.code} ${cause.cause}`;
    const group = groups.get(key) ?? { cause, tasks: [] };
    group.tasks.push(task);
    groups.set(key, group);
  }
  const [top] = [...groups.values()].sort(
    (left, right) => right.tasks.length - left.tasks.length || latest(right) - latest(left),
  );
  const alarms = facts.serviceDeployment?.triggeredAlarms ?? [];
  if (alarms.length > 0) {
    return ofCause({ code: 'alarm', cause: `alarm ${alarms.join(', ')} fired` }, top?.tasks ?? []);
  }
  const hook = facts.hooks?.find(isFailedHook);
  if (hook !== undefined) {
    return ofCause({ code: 'lifecycle-hook', ...describeFailedHook(hook) }, top?.tasks ?? []);
  }
  if (top !== undefined) return ofCause(top.cause, top.tasks, facts.failedTasks.length);
  return ofCause(causeOfEvents(facts), []);
}

function ofCause(
  cause: Cause,
  tasks: readonly FailedTask[],
  failedTasks = tasks.length,
): Diagnosis {
  const sample = tasks.findLast((task) => task.logLines.length > 0) ?? tasks.at(-1);
  const lastLogLine = sample?.logLines.findLast((line) => line.trim() !== '');
  return {
    code: cause.code,
    cause: cause.cause,
    hint: cause.hint,
    container: sample?.culprit?.name,
    exitCode: sample?.culprit?.exitCode,
    failedTasks,
    lastLogLine,
  };
}

function latest(group: { readonly tasks: readonly FailedTask[] }): number {
  return Math.max(...group.tasks.map((task) => task.stoppedAtMs ?? 0));
}

function causeOfTask(task: FailedTask, { definition, events }: DiagnosisFacts): Cause {
  const { culprit } = task;
  const reason = culprit?.reason ?? '';
  // Of a task that did not start both say the same.
  const all = [...new Set([reason, task.stoppedReason ?? ''])]
    .filter((text) => text !== '')
    .join(' ');
  const name = culprit?.name ?? 'unknown';
  const image = culprit?.image ?? 'its image';

  if (/CannotPull|PullImage|pull image/i.test(all)) {
    return {
      code: 'image-pull',
      cause: `${image} cannot be pulled: ${firstSentence(withoutImage(pick(all, /CannotPull.*|.*pull.*/is), image))}`,
      hint: pullHint(all),
    };
  }
  if (/ResourceInitializationError/.test(all)) {
    return {
      code: 'resource-initialization',
      cause: firstSentence(pick(all, /ResourceInitializationError.*/s)),
      hint: 'the execution role must be able to read the secrets and parameters that the task definition names, and the subnets must reach those services',
    };
  }
  if (/exec format error/i.test([all, ...task.logLines].join(' '))) {
    return {
      code: 'exec-format',
      cause: `container ${name} cannot start: exec format error`,
      hint: 'the image is built for another CPU architecture than the task definition asks for',
    };
  }
  if (/OutOfMemory/.test(all)) return outOfMemory(name, definition);
  if (/ELB health checks|target-group/.test(all)) {
    return {
      code: 'load-balancer-health-check',
      cause: `the load balancer finds container ${name} unhealthy: ${targetHealthReason(events) ?? firstSentence(task.stoppedReason ?? '')}`,
      hint: healthCheckHint,
    };
  }
  if (/health check/i.test(all)) {
    return { code: 'health-check', cause: `container ${name} fails its health check` };
  }
  if (task.stopCode === 'SpotInterruption') {
    return { code: 'spot-interruption', cause: 'AWS took back the Spot capacity of the tasks' };
  }
  if (culprit?.exitCode !== undefined) return exited(culprit.exitCode, name, definition);
  return {
    code: 'task-failed',
    cause: firstSentence(all === '' ? (task.stopCode ?? 'a task stopped without a reason') : all),
  };
}

const healthCheckHint =
  'compare the health check path, port and grace period with what the container serves';

/**
 * What the load balancer says of the newest unhealthy target, which the task's own reason leaves
 * out: `Health checks failed with these codes: [502]` (Developer Guide, "Amazon ECS service event
 * messages": `is unhealthy in (target-group …) due to (reason …)`).
 */
function targetHealthReason(events: readonly ServiceEvent[]): string | undefined {
  for (const { message } of events) {
    const found = /is unhealthy in \(?target-group.*? due to \(reason:? ?(.+)\)/.exec(message);
    if (found?.[1] !== undefined) return firstSentence(found[1]);
  }
  return undefined;
}

function exited(code: number, name: string, definition: JsonObject): Cause {
  const exit = `container ${name} exited with code ${code}`;
  const hint = exitHints[code];
  if (code === 137) {
    return {
      code: 'container-exited',
      cause: `${exit} (killed)`,
      hint: `often memory${memoryLimit(name, definition)}, or a process that ignores SIGTERM`,
    };
  }
  return {
    code: 'container-exited',
    cause: exit,
    ...(hint === undefined ? {} : { hint }),
  };
}

// Codes of the shell (POSIX, "Exit Status for Commands") and 128 + signal.
const exitHints: Readonly<Record<number, string>> = {
  0: 'an essential container of a service must keep running',
  126: 'the command is not executable',
  127: 'the command is not in the image',
  134: 'the process aborted itself (SIGABRT)',
  139: 'the process crashed (SIGSEGV)',
  143: 'the process was asked to stop (SIGTERM)',
};

function outOfMemory(name: string, definition: JsonObject): Cause {
  return {
    code: 'out-of-memory',
    cause: `container ${name} was killed for its memory use`,
    hint: `it reached its limit${memoryLimit(name, definition)}`,
  };
}

function memoryLimit(name: string, definition: JsonObject): string {
  const own = findContainer(definition, name)?.['memory'];
  const limit = own ?? definition['memory'];
  return typeof limit === 'number' || typeof limit === 'string' ? ` (${limit} MiB)` : '';
}

function pullHint(text: string): string {
  if (/not found|manifest unknown|does not exist/i.test(text)) {
    return 'no such image: check the tag or digest, and whether a lifecycle policy removed it';
  }
  if (/denied|not authorized|403|no basic auth/i.test(text)) {
    return 'the execution role may not pull from this repository';
  }
  if (/timeout|timed out|no such host|dial tcp/i.test(text)) {
    return 'the subnets do not reach the registry: NAT gateway, VPC endpoints or a public address';
  }
  if (/toomanyrequests|rate limit/i.test(text)) return 'the registry limits anonymous pulls';
  return 'see the reason that the container runtime gives';
}

function causeOfEvents(facts: DiagnosisFacts): Cause {
  const { targetHealth = [] } = facts;
  if (targetHealth.length > 0) {
    return {
      code: 'load-balancer-health-check',
      cause: `the load balancer finds targets unhealthy: ${firstSentence(targetHealth.join('; '))}`,
      hint: healthCheckHint,
    };
  }
  const reason =
    facts.statusReason ??
    facts.serviceDeployment?.rollback?.reason ??
    facts.serviceDeployment?.statusReason;
  if (/hook/i.test(facts.serviceDeployment?.rollback?.reason ?? '')) {
    return { code: 'lifecycle-hook', cause: firstSentence(reason ?? '') };
  }
  const message = facts.events
    .map((event) => event.message.replace(/^\(service [^)]*\) /, ''))
    .find((text) => /unable to|failed|unhealthy|error/i.test(text));
  if (message !== undefined) {
    if (message.includes('hook execution failure')) {
      return { code: 'lifecycle-hook', cause: 'a lifecycle hook failed; ECS does not say which' };
    }
    return /unable to place/.test(message)
      ? { code: 'placement', cause: `no task could be placed: ${firstSentence(message)}` }
      : { code: 'unknown', cause: firstSentence(message) };
  }
  // That somebody stopped it, we ourselves at the time limit for one, is not why it was stopped.
  const own = reason === undefined || reason.includes('StopServiceDeployment was called');
  return {
    code: 'unknown',
    cause: own ? 'no task failed, and ECS gives no reason' : firstSentence(reason),
  };
}

function pick(text: string, pattern: RegExp): string {
  return pattern.exec(text)?.[0] ?? text;
}

/** The container runtime repeats the image, whose digest would push the reason itself out of sight. */
function withoutImage(reason: string, image: string): string {
  return reason.replaceAll(`ref ${image}`, 'it').replaceAll(`${image}: `, '');
}

/** Reasons run to several hundred characters, with request ids. */
function firstSentence(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= 300 ? line.replace(/[.:]$/, '') : `${line.slice(0, 299)}…`;
}

/** The diagnosis as one sentence, while a rollout goes on. */
export function formatDiagnosis(diagnosis: Diagnosis): string {
  return `${causeAndCount(diagnosis)}${lastLine(diagnosis)}`;
}

/** The diagnosis as one sentence for the last error of a step: it also says where to look. */
export function explainDiagnosis(diagnosis: Diagnosis): string {
  const hint = diagnosis.hint === undefined ? '' : `: ${diagnosis.hint}`;
  return `${causeAndCount(diagnosis)}${hint}${lastLine(diagnosis)}`;
}

function causeAndCount({ cause, failedTasks }: Diagnosis): string {
  return failedTasks > 1 ? `${cause} (${failedTasks} tasks failed)` : cause;
}

function lastLine({ lastLogLine }: Diagnosis): string {
  return lastLogLine === undefined ? '' : `; its last log line: ${lastLogLine}`;
}
