import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { OperationError, UserError, type Problem } from '../../shared/errors.js';
import { runUrl } from '../../shared/github-context.js';
import { writeSummary } from '../../shared/summary.js';
import type { Inputs } from '../inputs.js';
import { plannedStacks, type RunPlan } from '../plan.js';
import type { PublishPorts } from '../report/publish.js';
import { readPlan } from '../review/plan-json.js';
import { noChanges, type PlanChanges } from '../review/changes.js';
import { openSession, type Session } from '../session.js';
import type { Stack } from '../stacks/workspace.js';
import { checkOperations, type OperationEffect } from '../state/check-operations.js';
import { keepCopy } from '../state/keep-copy.js';
import { parseOperations, type StateOperation } from '../state/operations.js';
import { parseStateDocument, type StateDocument } from '../state/state-document.js';
import { chooseVersion, shownVersions, type ShownVersion } from '../state/versions.js';
import { environmentOfChild } from '../terraform/child-environment.js';
import { declaredVariables } from '../terraform/declared-variables.js';
import { unlockCommand } from '../terraform/held-lock.js';
import { stackFileName } from '../terraform/stack-file.js';
import { stateCommands, type StateCommands, type StateRun } from '../terraform/state-commands.js';
import type { TerraformRun } from '../terraform/terraform.js';
import { describeEffects, stateReport, versionLines, type DoneOperation } from './state-report.js';

/**
 * Changes the state of exactly one stack, operation by operation, under its lock, and plans
 * afterwards so that the reader sees that nothing else changes. Everything is checked on the
 * state as it is before anything is changed.
 *
 * @throws UserError `state-needs-one-stack`, and those of `parseOperations`, `checkOperations`,
 * `chooseVersion` and `keepCopy`
 * @throws OperationError `state-operation-failed`, `state-unreadable`, `state-not-kept`
 */
export async function runState(plan: RunPlan, inputs: Inputs, ports: PublishPorts): Promise<void> {
  const { operations, problems } = parseOperations(inputs.stateOperations);
  const stacks = plannedStacks(plan);
  const [stack] = stacks;
  const all = [...oneStackProblems(stacks), ...problems];
  if (stack === undefined || all.length > 0) throw new UserError(all);
  const session = await openSession(plan.environments, [stack], inputs, ports);
  await new StateWork(stack, operations, session, inputs, ports).run();
}

function oneStackProblems(stacks: readonly Stack[]): readonly Problem[] {
  if (stacks.length === 1) return [];
  const names = stacks.slice(0, 20).map(({ displayId }) => displayId);
  const more = stacks.length > names.length ? ` and ${stacks.length - names.length} more` : '';
  return [
    {
      code: 'state-needs-one-stack',
      message:
        stacks.length === 0
          ? 'no stack is named'
          : `state works on one stack, and ${stacks.length} match: ${names.join(', ')}${more}`,
      at: { input: 'layers' },
      hint: 'name one by "layers" and "environment", for example layers: 01-foundation/dev',
    },
  ];
}

class StateWork {
  readonly #stack: Stack;
  readonly #operations: readonly StateOperation[];
  readonly #session: Session;
  readonly #inputs: Inputs;
  readonly #ports: PublishPorts;

  constructor(
    stack: Stack,
    operations: readonly StateOperation[],
    session: Session,
    inputs: Inputs,
    ports: PublishPorts,
  ) {
    this.#stack = stack;
    this.#operations = operations;
    this.#session = session;
    this.#inputs = inputs;
    this.#ports = ports;
  }

  async run(): Promise<void> {
    const commands = await this.#commands();
    const init = await this.#session.terraform.init(this.#stack);
    if (init.end !== 'succeeded') throw this.#failed('init', init);
    const text = await commands.pull();
    const before = text === undefined ? undefined : parseStateDocument(text);
    if (text !== undefined && before === undefined) {
      throw new OperationError(
        'state-unreadable',
        `the state of ${this.#stack.displayId} is not in a form that can be read`,
      );
    }
    const [first] = this.#operations;
    let restored: string | undefined;
    if (first?.kind === 'restore') {
      const versions = this.#session.sidecars(this.#stack)?.versions;
      if (first.version === 'list' && versions !== undefined) {
        return this.#listVersions(await shownVersions(versions));
      }
      restored = await chooseVersion(first.version, versions, before, this.#stack);
    }
    const { effects, problems } = checkOperations(this.#operations, before?.instances ?? []);
    if (problems.length > 0) throw new UserError(problems);
    for (const line of describeEffects(effects)) this.#say(line);
    if (this.#inputs.dryRun) {
      await this.#tell(stateReport({ ...this.#about(), effects, before, dryRun: true }));
      return;
    }
    const copy = text === undefined ? undefined : await this.#keepCopy(text, before);
    const done = await this.#perform(commands, effects, restored);
    const afterText = await commands.pull().catch(() => undefined);
    const after = afterText === undefined ? undefined : parseStateDocument(afterText);
    const failed = done.some(({ run }) => run.end !== 'succeeded');
    const changes = failed ? undefined : await this.#plan();
    await this.#tell(
      stateReport({
        ...this.#about(),
        effects,
        before,
        dryRun: false,
        done,
        after,
        ...(copy === undefined ? {} : { copy }),
        ...(changes === undefined ? {} : { changes }),
      }),
    );
    if (failed) throw operationFailed(this.#stack, done, effects);
  }

  async #commands(): Promise<StateCommands> {
    const { directory, logDirectory, common, access, program, care } = this.#session;
    const { root, runProcess, signal, clock } = this.#ports;
    const declared = (await declaredVariables(root, [this.#stack])).get(this.#stack.id);
    return stateCommands(this.#stack, {
      program: program.path,
      root,
      environment: environmentOfChild(common, access.get(this.#stack.environment)?.child ?? {}),
      variables: Object.fromEntries(
        Object.entries(this.#inputs.variables).filter(([name]) => declared?.has(name) === true),
      ),
      varFiles: this.#inputs.varFiles,
      lockTimeoutSeconds: this.#inputs.lockTimeoutSeconds,
      childrenDirectory: path.join(directory, 'children'),
      logDirectory,
      runProcess,
      ...care,
      signal,
      now: () => clock.now(),
    });
  }

  async #listVersions(versions: readonly ShownVersion[]): Promise<void> {
    for (const line of versionLines(versions)) this.#say(line);
    await this.#tell(
      stateReport({ ...this.#about(), effects: [], before: undefined, dryRun: true, versions }),
    );
  }

  /** The place of the copy; undefined where the backend has none for it. */
  async #keepCopy(text: string, before: StateDocument | undefined): Promise<string | undefined> {
    const sidecar = this.#session.sidecars(this.#stack);
    if (sidecar !== undefined) return keepCopy(sidecar, text, before);
    this.#ports.log.notice('No copy of the state is kept but the versions of its backend.');
    return undefined;
  }

  /** Each operation in order, until one fails. */
  async #perform(
    commands: StateCommands,
    effects: readonly OperationEffect[],
    restored: string | undefined,
  ): Promise<readonly DoneOperation[]> {
    const done: DoneOperation[] = [];
    for (const { operation } of effects) {
      if (this.#ports.signal.aborted) break;
      const run = await this.#one(commands, operation, restored);
      done.push({ operation, run });
      for (const line of run.lines) this.#say(`  ${line}`);
      if (run.heldLockId !== undefined) {
        this.#ports.log.error(
          `The lock ${run.heldLockId} was left on the state. To release it: ${unlockCommand(this.#stack.directory, run.heldLockId)}`,
        );
      }
      if (run.end !== 'succeeded') break;
    }
    return done;
  }

  async #one(
    commands: StateCommands,
    operation: StateOperation,
    restored: string | undefined,
  ): Promise<StateRun> {
    switch (operation.kind) {
      case 'import':
        return commands.import(operation.at.text, operation.id);
      case 'mv':
        return commands.move(operation.from.text, operation.to.text);
      case 'rm':
        return commands.remove(operation.at.text);
      case 'untaint':
        return commands.untaint(operation.at.text);
      case 'restore': {
        // Private to this run; the post step removes it.
        const file = path.join(
          this.#session.planDirectory,
          stackFileName(this.#stack, 'restored.tfstate'),
        );
        await writeFile(file, restored ?? '', { mode: 0o600 });
        return commands.push(file);
      }
    }
  }

  /** What an apply would do now; undefined where that cannot be told. */
  async #plan(): Promise<PlanChanges | undefined> {
    const { terraform, planDirectory } = this.#session;
    const planFile = path.join(planDirectory, stackFileName(this.#stack, 'tfplan'));
    const run = await terraform.plan(this.#stack, { planFile });
    if (run.end !== 'succeeded') {
      for (const line of run.lines) this.#say(`  ${line}`);
      this.#ports.log.warning('The plan after the operations failed: see the log.');
      return undefined;
    }
    return run.hasChanges ? readPlan(await terraform.show(this.#stack, planFile)) : noChanges;
  }

  #about(): Pick<Parameters<typeof stateReport>[0], 'stack' | 'actor' | 'runUrl' | 'at'> {
    const { github, clock } = this.#ports;
    return {
      stack: this.#stack,
      actor: github?.actor,
      runUrl: github === undefined ? undefined : runUrl(github),
      at: new Date(clock.now()).toISOString(),
    };
  }

  async #tell({ summary, lines }: ReturnType<typeof stateReport>): Promise<void> {
    for (const line of lines) this.#say(line);
    if (this.#ports.env('GITHUB_STEP_SUMMARY') !== undefined) {
      await writeSummary(this.#ports.secrets.redact(summary));
    }
  }

  #say(line: string): void {
    this.#ports.log.info(this.#ports.secrets.redact(line));
  }

  #failed(step: string, run: TerraformRun): OperationError {
    for (const line of run.lines) this.#say(`  ${line}`);
    return new OperationError(
      'state-operation-failed',
      `terraform ${step} failed in ${this.#stack.displayId}: nothing was changed`,
    );
  }
}

function operationFailed(
  stack: Stack,
  done: readonly DoneOperation[],
  effects: readonly OperationEffect[],
): OperationError {
  const succeeded = done.filter(({ run }) => run.end === 'succeeded').length;
  return new OperationError(
    'state-operation-failed',
    `operation ${done.length} of ${effects.length} failed in ${stack.displayId}; ${succeeded} before it are done, and the rest was not tried`,
    { details: { succeeded, total: effects.length } },
  );
}
