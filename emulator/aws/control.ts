import { AwsError } from '../aws-error.js';
import type { VirtualClock } from '../clock.js';
import { answerControl } from './answer.js';
import type { Calls } from './calls.js';
import type { Faults } from './faults.js';
import { parseFaults } from './faults.js';
import type { Site } from './front.js';
import { readBody } from './front.js';
import type { SessionLives, Sessions } from './sts/sessions.js';

const PREFIX = '/_emulator/';

export interface ControlOptions {
  readonly calls: Calls;
  readonly faults: Faults;
  readonly sessions: Pick<Sessions, 'limit'>;
  readonly clock: VirtualClock;
  readonly status: () => Promise<unknown>;
  readonly reset: () => Promise<void>;
  readonly dumpEcs: () => unknown;
  readonly controlEcs: (what: 'hooks' | 'alarms', body: unknown) => unknown;
  /** Further routes, by method and name, of services that can be told what happens. */
  readonly more: () => Readonly<Record<string, Route>>;
}

/** Answers one control request with JSON; throws AwsError for what is wrong with it. */
export type Route = (body: unknown) => unknown;

/** The control interface under `/_emulator/`: JSON in, JSON out, errors as `{code, message}`. */
export function createControl(options: ControlOptions): Site {
  const { calls, faults, clock } = options;
  const routes: Readonly<Record<string, Route>> = {
    'GET status': () => options.status(),
    'POST reset': async () => {
      await options.reset();
      return {};
    },
    'GET calls': () => calls.counts(),
    'DELETE calls': () => {
      calls.clear();
      return {};
    },
    'GET faults': () => ({ rules: faults.list() }),
    'POST faults': (body) => {
      const { rules, seed } = parseFaults(body);
      faults.add(rules, seed);
      return { rules: faults.list() };
    },
    'DELETE faults': () => {
      faults.clear();
      return {};
    },
    'GET clock': () => clockState(clock),
    'POST clock': (body) => {
      const { speed, advanceSeconds } = parseClock(body);
      if (speed !== undefined) clock.setSpeed(speed);
      if (advanceSeconds !== undefined) clock.advance(advanceSeconds * 1000);
      return clockState(clock);
    },
    'POST sessions': (body) => {
      options.sessions.limit(parseSessionLives(body));
      return {};
    },
    'DELETE sessions': () => {
      options.sessions.limit(undefined);
      return {};
    },
    'GET ecs': () => options.dumpEcs(),
    'POST ecs/hooks': (body) => options.controlEcs('hooks', body),
    'POST ecs/alarms': (body) => options.controlEcs('alarms', body),
  };

  return {
    serves: (head) => head.path.startsWith(PREFIX),
    async serve(head, request, response) {
      const name = head.path.slice(PREFIX.length);
      const all = { ...routes, ...options.more() };
      const route = all[`${head.method} ${name}`];
      if (!route) {
        const exists = Object.keys(all).some((key) => key.endsWith(` ${name}`));
        const code = exists ? 'MethodNotAllowed' : 'NotFound';
        answerControl(response, exists ? 405 : 404, { code, message: `${head.method} ${name}` });
        return;
      }
      try {
        const text = (await readBody(request)).toString('utf8');
        answerControl(response, 200, await route(text === '' ? undefined : JSON.parse(text)));
      } catch (error) {
        const isTheirs = error instanceof AwsError || error instanceof SyntaxError;
        const code = error instanceof AwsError ? error.code : 'InternalFailure';
        answerControl(response, isTheirs ? 400 : 500, {
          code: error instanceof SyntaxError ? 'ValidationException' : code,
          message: error instanceof Error ? error.message : String(error),
        });
      }
    },
  };
}

function clockState(clock: VirtualClock): unknown {
  return { now: new Date(clock.now()).toISOString(), speed: clock.speed() };
}

function parseClock(body: unknown): {
  speed: number | undefined;
  advanceSeconds: number | undefined;
} {
  const { speed, advanceSeconds } = (body ?? {}) as Record<string, unknown>;
  const problems = Object.entries({ speed, advanceSeconds }).flatMap(([name, value]) =>
    value === undefined || (typeof value === 'number' && Number.isFinite(value) && value >= 0)
      ? []
      : [`${name}: ${JSON.stringify(value)} is not a number of at least 0`],
  );
  if (speed === undefined && advanceSeconds === undefined) {
    problems.push('one of speed and advanceSeconds is needed');
  }
  if (problems.length > 0) throw new AwsError('ValidationException', problems.join('; '));
  return {
    speed: speed as number | undefined,
    advanceSeconds: advanceSeconds as number | undefined,
  };
}

/** Reads lives of sessions or tokens. Throws AwsError `ValidationException`. */
export function parseSessionLives(body: unknown): SessionLives {
  const { endAfterSeconds, tellSeconds } = (body ?? {}) as Record<string, unknown>;
  for (const [name, value] of Object.entries({ endAfterSeconds, tellSeconds })) {
    if (typeof value === 'number' && Number.isFinite(value) && value > 0) continue;
    throw new AwsError('ValidationException', `${name}: ${JSON.stringify(value)} is not a number`);
  }
  return { endAfterSeconds: Number(endAfterSeconds), tellSeconds: Number(tellSeconds) };
}
