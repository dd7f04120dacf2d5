import path from 'node:path';
import { OperationError, toError, UserError } from '../../shared/errors.js';
import { runUrl } from '../../shared/github-context.js';
import { visible } from '../../shared/markdown.js';
import { writeSummary } from '../../shared/summary.js';
import type { Inputs } from '../inputs.js';
import { plannedStacks, type RunPlan } from '../plan.js';
import type { PublishPorts } from '../report/publish.js';
import { planDocument } from '../review/plan-document.js';
import { readPlan } from '../review/plan-json.js';
import { publicOutputsOnDisk, type PublicOutputs } from '../review/public-outputs.js';
import { hiddenOutputs } from '../review/upstream-outputs.js';
import { noChanges, type PlanChanges } from '../review/changes.js';
import type { RunAccess } from '../run-access.js';
import { openSession, type Session } from '../session.js';
import { markLedger } from '../sidecar/ledger.js';
import { afterPutBack } from '../sidecar/put-back.js';
import { readRecovery, removeRecovery, type Recovery } from '../sidecar/recovery.js';
import type { Sidecar } from '../sidecar/sidecar.js';
import { tolerance } from '../sidecar/tolerance.js';
import type { Stack } from '../stacks/workspace.js';
import { checkOperations, type OperationEffect } from '../state/check-operations.js';
import { chooseRecovery, recoveryProblems, withRestored } from '../state/choose-recovery.js';
import { forgetOrphans, journalOrphans } from '../state/forget-orphans.js';
import { keepCopy } from '../state/keep-copy.js';
import { parseOperations, recoveryWord, type StateOperation } from '../state/operations.js';
import { pushText, sessionStateCommands } from '../state/session-commands.js';
import { parseStateDocument } from '../state/state-document.js';
import { chooseVersion, shownVersions, type ShownVersion } from '../state/versions.js';
import { unlockCommand } from '../terraform/held-lock.js';
import { stackFileName } from '../terraform/stack-file.js';
import type { StateCommands, StateRun } from '../terraform/state-commands.js';
import type { ProgramName } from '../terraform/find.js';
import type { TerraformRun } from '../terraform/terraform.js';
import { oneStackProblems, operationFailed } from './state-problems.js';
import { describeEffects, stateReport, versionLines, type DoneOperation } from './state-report.js';

/**
 * Changes the state of exactly one stack, operation by operation, under its lock, and plans
 * afterwards so that the reader sees that nothing else changes. Everything is checked on the
 * state as it is before anything is changed.
 *
 * @throws UserError `state-needs-one-stack`, and those of `parseOperations`, `checkOperations`,
 * `chooseVersion`, `chooseRecovery` and `recoveryProblems`
 * @throws OperationError `state-operation-failed`, `state-unreadable`, `state-not-kept`
 */
export async function runState(
  plan: RunPlan,
  inputs: Inputs,
  ports: PublishPorts,
  opened: RunAccess | undefined,
): Promise<void> {
  const { operations, problems } = parseOperations(inputs.stateOperations);
  const stacks = plannedStacks(plan);
  const [stack] = stacks;
  const all = [...oneStackProblems(stacks), ...problems];
  if (stack === undefined || all.length > 0) throw new UserError(all);
  const session = await openSession(plan.environments, [stack], inputs, ports, opened);
  const publicOutputs = publicOutputsOnDisk(plan.workspace, ports.root);
  await new StateWork(stack, operations, session, inputs, ports, publicOutputs).run();
}

class StateWork {
  readonly #stack: Stack;
  readonly #operations: readonly StateOperation[];
  readonly #session: Session;
  readonly #inputs: Inputs;
  readonly #ports: PublishPorts;
  readonly #publicOutputs: PublicOutputs;
  readonly #sidecar: Sidecar | undefined;

  constructor(
    stack: Stack,
    operations: readonly StateOperation[],
    session: Session,
    inputs: Inputs,
    ports: PublishPorts,
    publicOutputs: PublicOutputs,
  ) {
    this.#publicOutputs = publicOutputs;
    this.#stack = stack;
    this.#operations = operations;
    this.#session = session;
    this.#inputs = inputs;
    this.#ports = ports;
    this.#sidecar = session.sidecars(stack);
  }

  async run(): Promise<void> {
    const commands = sessionStateCommands(this.#stack, this.#session, this.#inputs);
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
    const recovery = this.#sidecar && (await readRecovery(this.#sidecar));
    const [first] = this.#operations;
    let restored: string | undefined;
    if (first?.kind === 'restore') {
      const versions = this.#sidecar?.versions;
      if (first.version === 'list' && versions !== undefined) {
        return this.#listVersions(await shownVersions(versions), recovery);
      }
      restored =
        first.version === recoveryWord
          ? chooseRecovery(recovery, before)
          : await chooseVersion(first.version, versions, before, this.#stack);
    }
    const forgets = this.#operations.some(({ kind }) => kind === 'forget');
    const checked = checkOperations(this.#operations, before?.instances ?? [], {
      orphans: forgets ? await journalOrphans(this.#sidecar) : [],
      recovery: recovery !== undefined,
    });
    const problems = [...recoveryProblems(this.#operations, recovery), ...checked.problems];
    if (problems.length > 0) throw new UserError(problems);
    const effects = withRestored(checked.effects, before, restored);
    for (const line of describeEffects(this.#program, effects)) this.#say(line);
    if (this.#inputs.dryRun) {
      await this.#tell(stateReport({ ...this.#about(), effects, before, dryRun: true }));
      return;
    }
    const copy = await this.#keepCopy(text);
    // Before the first: this run may be killed between two of them. Once more afterwards: an apply
    // that held the lock until then may have noted itself meanwhile.
    await this.#takeBackApplied();
    const done = await this.#perform(commands, effects, restored);
    await this.#takeBackApplied();
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

  async #listVersions(
    versions: readonly ShownVersion[],
    recovery: Recovery | undefined,
  ): Promise<void> {
    if (recovery !== undefined) {
      this.#say(`recovery  what an earlier apply could not write, in ${visible(recovery.place)}`);
    }
    for (const line of versionLines(versions)) this.#say(line);
    await this.#tell(
      stateReport({ ...this.#about(), effects: [], before: undefined, dryRun: true, versions }),
    );
  }

  /** The place of the copy; undefined where there is none, or nothing of the state changes. */
  async #keepCopy(text: string | undefined): Promise<string | undefined> {
    if (text === undefined || this.#operations.every(({ kind }) => kind === 'forget')) {
      return undefined;
    }
    if (this.#sidecar !== undefined) return keepCopy(this.#sidecar, text);
    this.#ports.log.notice('No copy of the state is kept but the versions of its backend.');
    return undefined;
  }

  /** The next apply covers this stack, whatever changed in the code. */
  #takeBackApplied(): Promise<void> {
    return markLedger(this.#stack, 'state', this.#session.sidecars, tolerance(this.#ports));
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
          `The lock ${run.heldLockId} was left on the state. To release it: ${unlockCommand(this.#program, this.#stack.directory, run.heldLockId)}`,
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
        const run = await pushText(commands, this.#stack, restored ?? '', this.#session);
        if (operation.version === recoveryWord && run.end === 'succeeded') {
          await this.#sidecarWork(async (sidecar) => {
            await afterPutBack(sidecar, this.#ports.clock);
            return undefined;
          });
        }
        return run;
      }
      case 'forget': {
        const { at } = operation;
        return this.#sidecarWork(async (sidecar) => {
          if (at !== undefined) return forgetOrphans(sidecar, at);
          await removeRecovery(sidecar);
          return undefined;
        });
      }
    }
  }

  /** Terraform has no part in it; `body` answers with what keeps it from being done. */
  async #sidecarWork(body: (sidecar: Sidecar) => Promise<string | undefined>): Promise<StateRun> {
    try {
      const why = this.#sidecar && (await body(this.#sidecar));
      return why === undefined ? { end: 'succeeded', lines: [] } : { end: 'failed', lines: [why] };
    } catch (thrown) {
      const { message } = toError(thrown);
      this.#ports.log.warning(this.#ports.secrets.redact(message));
      return { end: 'failed', lines: [message] };
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
    if (!run.hasChanges) return noChanges;
    const json = await terraform.show(this.#stack, planFile);
    const isPublic = await this.#publicOutputs.readBy(this.#stack);
    return readPlan(json, hiddenOutputs(planDocument(json), isPublic));
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

  get #program(): ProgramName {
    return this.#session.program.name;
  }

  #say(line: string): void {
    this.#ports.log.info(this.#ports.secrets.redact(line));
  }

  #failed(step: string, run: TerraformRun): OperationError {
    for (const line of run.lines) this.#say(`  ${line}`);
    return new OperationError(
      'state-operation-failed',
      `${this.#program} ${step} failed in ${this.#stack.displayId}: nothing was changed`,
    );
  }
}
