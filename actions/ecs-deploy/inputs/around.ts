import type { InputReader } from '../../shared/inputs.js';
import type { BodyCheck, SmokeCheck } from '../rollout/smoke-check.js';
import { parseCommandWords } from '../tasks/command-words.js';

/** A one-off task of a deploy. */
export interface DeployTask {
  readonly command: readonly string[];
  /** Absent: the service's main container. */
  readonly container: string | undefined;
}

/** What a deploy does before and after the rollout itself. */
export interface AroundInputs {
  readonly preDeploy: DeployTask | undefined;
  readonly postDeploy: DeployTask | undefined;
  readonly taskTimeoutMinutes: number;
  readonly smoke: SmokeCheck | undefined;
}

export function readAround(reader: InputReader, wait: boolean): AroundInputs {
  const preDeploy = readCommand(reader, 'pre-deploy');
  const preContainer = reader.text('pre-deploy-container');
  const postDeploy = readCommand(reader, 'post-deploy');
  const postContainer = reader.text('post-deploy-container');
  const smoke = readSmoke(reader);
  const needs = (input: string, given: boolean, other: string, present: boolean): void => {
    if (given && !present) reader.problem(input, 'input-conflict', `goes with ${other} alone`);
  };
  needs('pre-deploy-container', preContainer !== undefined, 'pre-deploy', preDeploy !== undefined);
  needs(
    'post-deploy-container',
    postContainer !== undefined,
    'post-deploy',
    postDeploy !== undefined,
  );
  needs('post-deploy', postDeploy !== undefined, 'wait: true', wait);
  needs('smoke-url', smoke !== undefined, 'wait: true', wait);
  return {
    preDeploy: preDeploy && { command: preDeploy, container: preContainer },
    postDeploy: postDeploy && { command: postDeploy, container: postContainer },
    taskTimeoutMinutes:
      reader.number('deploy-task-timeout-minutes', { min: 0.05, max: 1440 }) ?? 30,
    smoke,
  };
}

/** A command in the form that `parseCommandWords` describes. */
export function readCommand(reader: InputReader, name: string): readonly string[] | undefined {
  const text = reader.text(name);
  if (text === undefined) return undefined;
  const parsed = parseCommandWords(text);
  if (parsed.kind === 'words') return parsed.words;
  reader.problem(name, 'input-not-command', parsed.message, parsed.hint);
  return undefined;
}

function readSmoke(reader: InputReader): SmokeCheck | undefined {
  const url = reader.text('smoke-url');
  const others = {
    'smoke-status': reader.list('smoke-status'),
    'smoke-body': reader.text('smoke-body'),
    'smoke-timeout-seconds': reader.number('smoke-timeout-seconds', { min: 0.1, max: 300 }),
    'smoke-attempts': reader.integer('smoke-attempts', { min: 1, max: 100 }),
  };
  if (url === undefined) {
    for (const [name, value] of Object.entries(others)) {
      if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
      reader.problem(name, 'input-conflict', 'goes with smoke-url alone');
    }
    return undefined;
  }
  checkUrl(reader, url);
  return {
    url,
    statuses: readStatuses(reader, others['smoke-status']),
    body: readBody(reader, others['smoke-body']),
    timeoutSeconds: others['smoke-timeout-seconds'] ?? 10,
    attempts: others['smoke-attempts'] ?? 5,
  };
}

function checkUrl(reader: InputReader, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    reader.problem('smoke-url', 'input-malformed', 'is no http:// or https:// address');
  } else if (url.username !== '' || url.password !== '') {
    reader.problem('smoke-url', 'input-malformed', 'holds a user or password, which is not sent');
  }
}

function readStatuses(reader: InputReader, items: readonly string[]): SmokeCheck['statuses'] {
  if (items.length === 0) return [{ from: 200, to: 399 }];
  return items.map((item) => {
    const [, low, high] = /^([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?$/.exec(item) ?? [];
    const from = Number(low);
    const to = Number(high ?? low);
    if (low === undefined || from > to) {
      reader.problem(
        'smoke-status',
        'input-malformed',
        `${JSON.stringify(item)} is no status from 100 to 599 and no range of them`,
        'for example 200, 204 or 200-399',
      );
    }
    return { from, to };
  });
}

/** `/…/flags` is a regular expression, everything else a part of the text. */
function readBody(reader: InputReader, text: string | undefined): BodyCheck | undefined {
  if (text === undefined) return undefined;
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(text) ?? [];
  if (source === undefined) return { kind: 'contains', text };
  try {
    // Without g and y, which would remember a place between attempts.
    return { kind: 'matches', pattern: new RegExp(source, (flags ?? '').replaceAll(/[gy]/g, '')) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    reader.problem('smoke-body', 'input-malformed', `is no regular expression: ${why}`);
    return undefined;
  }
}
